"""Places in images, between the coordinates of a model and pixels of the upright original."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from mifg_pipeline.items import Box

THOUSANDTHS = 1000

_SLACK = 1.0
"""A place may stick out of its image by so much of the model's unit, and is clipped: models round."""

_DIGITS = 6
"""Decimals after which a coordinate is dust of floating-point arithmetic."""


class UnusablePlaceError(ValueError):
    """Four numbers of a model are no place in the image; the text says why, in the model's coordinates."""


class Frame(NamedTuple):
    """How a model speaks of places in one image: x from 0 to ``across``, y from 0 to ``down``.

    Attributes:
        width: Pixels of the upright original.
        height: Pixels of the upright original.
        across: The image's width in the model's coordinates.
        down: The image's height in the model's coordinates.
    """

    width: int
    height: int
    across: int
    down: int

    @classmethod
    def in_thousandths(cls, width: int, height: int) -> "Frame":
        """The frame of an image of that size for a model that speaks of thousandths of its sides."""
        return cls(width, height, THOUSANDTHS, THOUSANDTHS)


def to_box(place: Sequence[float], frame: Frame) -> Box:
    """The pixels of the original that a place touches.

    A place that sticks out by at most one of the model's units is clipped.

    Raises:
        UnusablePlaceError: If it is not four finite numbers, has no area, or lies elsewhere.
    """
    said = f"[{', '.join(f'{number:g}' for number in place[:6])}]"
    if len(place) != 4 or not all(map(math.isfinite, place)):
        raise UnusablePlaceError(f"{said} is not four numbers x0, y0, x1, y1")
    x0, y0, x1, y1 = place
    if x0 >= x1 or y0 >= y1:
        raise UnusablePlaceError(f"{said} has no area: x0 must be less than x1, and y0 less than y1")
    if min(x0, y0) >= 0 and max(x1, y1) <= 1:
        raise UnusablePlaceError(f"{said} looks like fractions: x goes from 0 to {frame.across}, y to {frame.down}")
    if min(x0, y0) < -_SLACK or x1 > frame.across + _SLACK or y1 > frame.down + _SLACK:
        raise UnusablePlaceError(f"{said} reaches beyond the image: x ends at {frame.across}, y at {frame.down}")
    left, right = _outwards(x0, x1, frame.width / frame.across, frame.width)
    top, bottom = _outwards(y0, y1, frame.height / frame.down, frame.height)
    if left >= right or top >= bottom:
        raise UnusablePlaceError(f"{said} lies at the very edge of the image, outside of it")
    return (left, top, right, bottom)


def to_place(box: Box, frame: Frame) -> tuple[int, int, int, int]:
    """The smallest place in whole units of the model that covers a box."""
    x0, y0, x1, y1 = box
    left, right = _outwards(x0, x1, frame.across / frame.width, frame.across)
    top, bottom = _outwards(y0, y1, frame.down / frame.height, frame.down)
    return (left, top, right, bottom)


def least_sides(side: int, frame: Frame) -> tuple[int, int]:
    """Least width and height of a place, in the model's units, for ``side`` pixels of the original each way."""
    return math.ceil(side * frame.across / frame.width), math.ceil(side * frame.down / frame.height)


def _outwards(low: float, high: float, scale: float, end: int) -> tuple[int, int]:
    """An interval scaled, rounded outwards to whole numbers and clipped to 0 … ``end``."""
    first = math.floor(round(low * scale, _DIGITS))
    last = math.ceil(round(high * scale, _DIGITS))
    return max(0, first), min(end, last)
