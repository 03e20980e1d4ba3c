"""What stands where in a drawn scene, decided from a seed without painting anything."""

import colorsys
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mifg_pipeline.corpus.draw.counts import draw_kinds
from mifg_pipeline.corpus.draw.lettering import CAP_HEIGHTS, draw_texts, text_size
from mifg_pipeline.corpus.draw.shapes import Outline, outline, plate
from mifg_pipeline.corpus.draw.vocabulary import COLOURS, LARGE_SIDES, PAINTS, RGB, SIGN, SMALL_SIDES, SURFACES

GAP = 14
"""Smallest distance in pixels between two boxes, and between a box and the border."""

MAX_TILT = 12.0
"""Largest turn of a shape, degrees: a square stays a square and never looks like a diamond."""
MAX_SIGN_TILT = 4.0

_RATIOS = ((4, 3), (3, 2), (16, 9))
_PORTRAIT_SHARE = 0.3
_AREAS = (1_050_000, 1_900_000)
_DOTTED_SHARE = 0.3
_LARGE_SHARE = 0.2
_RIMMED_SHARE = 0.5
_PLACING_TRIES = 500


@dataclass(frozen=True)
class Thing:
    """A shape or a sign in its place.

    Attributes:
        category: One of ``CATEGORIES``, or ``SIGN``.
        colour: Its name, one of ``COLOURS``.
        tone: The very colour it is painted in.
        rimmed: Whether it has a thin darker rim.
        form: Its geometry in the image.
        angle: Clockwise turn from upright, degrees.
        pattern: ``plain`` or ``dotted``; None for a sign.
        size: ``small`` or ``large``; None for a sign.
        text: What a sign says; None for a shape.
        cap_height: Height of a sign's capital letters in pixels; 0 for a shape.
    """

    category: str
    colour: str
    tone: RGB
    rimmed: bool
    form: Outline
    angle: float
    pattern: str | None = None
    size: str | None = None
    text: str | None = None
    cap_height: int = 0

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The pixels it touches: x, y, width, height."""
        x0, y0 = np.floor(self.form.contours[0].min(axis=0) - self.form.rounding + 1e-6)
        width, height = self.form.extent()
        return int(x0), int(y0), math.ceil(width - 1e-6), math.ceil(height - 1e-6)


@dataclass(frozen=True)
class Layout:
    """Everything that decides a scene's pixels.

    Attributes:
        width: Pixels.
        height: Pixels.
        surface: What the things lie on, one of ``SURFACES``.
        surface_seed: Seed of the surface's texture.
        things: In painting order; none overlaps or touches another.
    """

    width: int
    height: int
    surface: str
    surface_seed: int
    things: tuple[Thing, ...]


def lay_out(seed: int, index: int) -> Layout:
    """The layout of scene ``index`` of the series ``seed``; the same arguments give the same layout."""
    rng = random.Random(f"drawn scene {seed} {index}")
    width, height = _draw_format(rng)
    things = _draw_signs(rng) + [
        _draw_shape(rng, kind.category, kind.colour) for kind in draw_kinds(rng) for _ in range(kind.count)
    ]
    return Layout(
        width=width,
        height=height,
        surface=rng.choice(SURFACES),
        surface_seed=rng.getrandbits(64),
        things=tuple(_place(rng, things, width, height)),
    )


def _draw_format(rng: random.Random) -> tuple[int, int]:
    """Width and height: multiples of 8 near a common ratio, 1 to 2 megapixels."""
    across, down = rng.choice(_RATIOS)
    if rng.random() < _PORTRAIT_SHARE:
        across, down = down, across
    unit = math.sqrt(rng.uniform(*_AREAS) / (across * down))
    return 8 * round(across * unit / 8), 8 * round(down * unit / 8)


def _draw_shape(rng: random.Random, category: str, colour: str) -> Thing:
    size = "large" if rng.random() < _LARGE_SHARE else "small"
    angle = rng.uniform(-MAX_TILT, MAX_TILT)
    return Thing(
        category=category,
        colour=colour,
        tone=_draw_tone(rng, colour),
        rimmed=rng.random() < _RIMMED_SHARE,
        form=outline(category, rng.choice(LARGE_SIDES if size == "large" else SMALL_SIDES), angle),
        angle=angle,
        pattern="dotted" if rng.random() < _DOTTED_SHARE else "plain",
        size=size,
    )


def _draw_signs(rng: random.Random) -> list[Thing]:
    """Two to four signs with plates of different colours."""
    texts = draw_texts(rng, rng.randint(2, 4))
    return [_draw_sign(rng, text, colour) for text, colour in zip(texts, rng.sample(COLOURS, len(texts)), strict=True)]


def _draw_sign(rng: random.Random, text: str, colour: str) -> Thing:
    cap_height = rng.choice(CAP_HEIGHTS)
    angle = rng.uniform(-MAX_SIGN_TILT, MAX_SIGN_TILT)
    width, height = text_size(text, cap_height)
    return Thing(
        category=SIGN,
        colour=colour,
        tone=_draw_tone(rng, colour),
        rimmed=rng.random() < _RIMMED_SHARE,
        form=plate(width + 1.3 * cap_height, height + cap_height, angle),
        angle=angle,
        text=text,
        cap_height=cap_height,
    )


def _draw_tone(rng: random.Random, colour: str) -> RGB:
    paint = PAINTS[colour]
    hue = paint.hue + rng.uniform(-paint.hue_spread, paint.hue_spread)
    red, green, blue = colorsys.hsv_to_rgb(
        hue % 360 / 360, rng.uniform(*paint.saturation), rng.uniform(*paint.brightness)
    )
    return round(255 * red), round(255 * green), round(255 * blue)


def _place(rng: random.Random, things: Sequence[Thing], width: int, height: int) -> list[Thing]:
    """Puts the things at random places where they keep ``GAP`` to all others, the biggest first.

    A thing for which no free place is found is left out; at the densities drawn here that hardly ever happens.
    """
    placed: list[Thing] = []
    taken: list[tuple[int, int, int, int]] = []
    for thing in sorted(things, key=lambda thing: max(thing.form.extent()), reverse=True):
        wide, high = math.ceil(thing.form.extent()[0]), math.ceil(thing.form.extent()[1])
        for _ in range(_PLACING_TRIES):
            x, y = rng.randint(GAP, width - GAP - wide), rng.randint(GAP, height - GAP - high)
            if all(_apart((x, y, wide, high), box) for box in taken):
                placed.append(replace(thing, form=thing.form.moved(x, y)))
                taken.append((x, y, wide, high))
                break
    return placed


def _apart(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    (x0, y0, w0, h0), (x1, y1, w1, h1) = one, other
    return x0 + w0 + GAP <= x1 or x1 + w1 + GAP <= x0 or y0 + h0 + GAP <= y1 or y1 + h1 + GAP <= y0
