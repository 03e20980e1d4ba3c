"""The muted, textured surfaces that scenes lie on.

Each surface is brightness times tint. Both stay within limits that shapes and signs never come near, so that the
vivid ones, the black ones and the white ones stand out from every surface.
"""

import colorsys
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mifg_pipeline.corpus.draw.noise import Field, enlarge, fractal_noise, grain, standardise
from mifg_pipeline.corpus.draw.sheets import lay_sheets

MAX_SATURATION = 0.2
"""Upper limit of the HSV saturation of a surface, before rounding and compression."""

BRIGHTNESS = (0.36, 0.74)
"""Limits of the HSV value of a surface, before shadows fall on it."""

_MOTTLE = 0.02
_GRAIN = 0.012
"""Spread of the fine texture that every surface gets, so that no two places look the same."""

Tint = NDArray[np.float32]
"""Red, green and blue, the largest of them 1."""


@dataclass(frozen=True)
class Texture:
    """A surface before tinting.

    Attributes:
        relief: Brightness around its middle, in units of the surface's contrast; shape (height, width).
        blend: From 0 (first tint) to 1 (second tint); shape (height, width).
        contrast: HSV value per unit of relief.
        hues: Range of the tints' hues, degrees.
    """

    relief: Field
    blend: Field
    contrast: float
    hues: tuple[float, float]


@dataclass(frozen=True)
class Surface:
    """A surface in light and tint.

    Attributes:
        light: HSV value per pixel, shape (height, width).
        blend: Share of the second tint per pixel, shape (height, width).
        tints: What the light is multiplied with.
    """

    light: Field
    blend: Field
    tints: tuple[Tint, Tint]


def make_surface(kind: str, seed: int, shape: tuple[int, int]) -> Surface:
    """A surface with sheets on it.

    Args:
        kind: One of ``SURFACES``.
        seed: Of its texture.
        shape: Height and width in pixels.
    """
    rng = np.random.default_rng(seed)
    texture = _TEXTURES[kind](rng, shape)
    light = rng.uniform(0.50, 0.64) + texture.contrast * texture.relief
    light += 0.05 * fractal_noise(rng, shape, max(shape) / 2, 2)
    lay_sheets(rng, light, texture.blend)
    light = _soft_limit(light) + _MOTTLE * fractal_noise(rng, shape, 20, 3, 0.7) + _GRAIN * grain(rng, shape)
    tints = (_draw_tint(rng, texture.hues), _draw_tint(rng, texture.hues))
    return Surface(np.asarray(np.clip(light, *BRIGHTNESS), np.float32), texture.blend, tints)


def _soft_limit(light: Field) -> Field:
    """Bends what would leave the limits back into them, so that no place is left without texture."""
    middle, half = sum(BRIGHTNESS) / 2, 0.9 * (BRIGHTNESS[1] - BRIGHTNESS[0]) / 2
    return np.asarray(middle + half * np.tanh((light - middle) / half), np.float32)


def _draw_tint(rng: np.random.Generator, hues: tuple[float, float]) -> Tint:
    hue, saturation = rng.uniform(*hues) % 360 / 360, rng.uniform(0.04, MAX_SATURATION)
    return np.array(colorsys.hsv_to_rgb(hue, saturation, 1.0), np.float32)


def _soft_blend(rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    return np.asarray(np.clip(0.5 + 0.35 * fractal_noise(rng, shape, max(shape) / 4, 3), 0, 1), np.float32)


def _wood(rng: np.random.Generator, shape: tuple[int, int]) -> Texture:
    """Planks with grain along them, dark seams between them."""
    if rng.random() < 0.5:
        upright = _wood_across(rng, (shape[1], shape[0]))
        return Texture(
            np.ascontiguousarray(upright.relief.T),
            np.ascontiguousarray(upright.blend.T),
            upright.contrast,
            upright.hues,
        )
    return _wood_across(rng, shape)


def _wood_across(rng: np.random.Generator, shape: tuple[int, int]) -> Texture:
    height, width = shape
    plank = int(rng.integers(110, 210))
    rows = np.arange(height) + int(rng.integers(plank))
    number = rows // plank
    shift = rng.standard_normal(number[-1] + 1).astype(np.float32)[number][:, None]
    bend = enlarge(fractal_noise(rng, (height, width // 5), 70, 5), shape)
    phase = (rows / rng.uniform(2.2, 3.4)).astype(np.float32)[:, None] + 3.5 * bend + 9 * shift
    fibres = enlarge(fractal_noise(rng, (height, width // 12), 8, 3, 0.9), shape)
    relief = 0.5 * np.sin(phase + _knots(rng, shape)) + 0.55 * fibres + 0.3 * bend + 0.7 * shift
    relief[np.minimum(rows % plank, plank - rows % plank) < 2] -= 1.5
    return Texture(relief, np.clip(0.5 + 0.3 * shift + 0.15 * bend, 0, 1), 0.05, (18, 42))


def _knots(rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    """How far the year rings are pushed aside around knots, in radians."""
    height, width = shape
    push = np.zeros((height // 4, width // 4), np.float32)
    for _ in range(height * width // 150_000):
        x, y = rng.uniform(0, push.shape[1]), rng.uniform(0, push.shape[0])
        rows, columns = np.ogrid[: push.shape[0], : push.shape[1]]
        distance = ((columns - x) / rng.uniform(9, 20)) ** 2 + ((rows - y) / rng.uniform(4, 8)) ** 2
        push += rng.uniform(6, 14) * np.exp(-distance).astype(np.float32)
    return enlarge(push, shape)


def _paper(rng: np.random.Generator, shape: tuple[int, int]) -> Texture:
    """Crumpled paper: facets lit from one side, fine fibres."""
    folds = fractal_noise(rng, shape, rng.uniform(140, 260), 3, 0.55)
    creases: Field = np.abs(folds) + np.float32(0.6) * np.abs(fractal_noise(rng, shape, 120, 3))
    lit = standardise(_lit(creases, rng.uniform(0, 2 * np.pi), 1.5))
    fibres = fractal_noise(rng, shape, 5, 2, 0.8)
    return Texture(0.9 * np.tanh(lit) + 0.3 * fibres, _soft_blend(rng, shape), 0.055, (20, 60))


def _felt(rng: np.random.Generator, shape: tuple[int, int]) -> Texture:
    """Pressed wool: clouds of short fibres."""
    clouds = fractal_noise(rng, shape, 40, 4, 0.75)
    strands = _strokes(rng, shape, density=0.006, length=(7, 18), spread=np.pi, width=1)
    return Texture(0.7 * clouds + 0.7 * strands, _soft_blend(rng, shape), 0.04, (0, 360))


def _granite(rng: np.random.Generator, shape: tuple[int, int]) -> Texture:
    """Light and dark grains of several sizes."""
    coarse = fractal_noise(rng, shape, 14, 3, 0.7)
    fine = fractal_noise(rng, shape, 6, 2, 0.7)
    relief = 0.5 * coarse - 1.4 * (fine > 1.1) + 1.2 * (coarse > 1.3) + 0.5 * fractal_noise(rng, shape, 260, 4)
    return Texture(relief.astype(np.float32), _soft_blend(rng, shape), 0.05, (0, 360))


def _marble(rng: np.random.Generator, shape: tuple[int, int]) -> Texture:
    """Clouded stone with branching veins."""
    clouds = fractal_noise(rng, shape, 380, 6, 0.55)
    veins = np.exp(-9 * np.abs(fractal_noise(rng, shape, 420, 6, 0.52)))
    hairs = np.exp(-16 * np.abs(fractal_noise(rng, shape, 240, 6, 0.55)))
    sign = rng.choice((-1.0, 1.0))
    relief = 0.8 * clouds + sign * (1.6 * veins + 0.9 * hairs)
    return Texture(relief.astype(np.float32), _soft_blend(rng, shape), 0.05, (0, 360))


def _tiles(rng: np.random.Generator, shape: tuple[int, int]) -> Texture:
    """A floor of tiles, each with a tone of its own."""
    height, width = shape
    side = int(rng.integers(150, 240))
    rows, columns = np.arange(height) + rng.integers(side), np.arange(width) + rng.integers(side)
    tones = rng.standard_normal((rows[-1] // side + 1, columns[-1] // side + 1)).astype(np.float32)
    tone = tones[rows // side][:, columns // side]
    relief = 0.8 * tone + 0.7 * fractal_noise(rng, shape, 110, 6, 0.6)
    grout = (rows % side < 3)[:, None] | (columns % side < 3)[None, :]
    relief[grout] = 0.5 * relief[grout] - 1.2
    relief += 0.25 * fractal_noise(rng, shape, 6, 2)
    return Texture(relief, np.clip(0.5 + 0.35 * tone, 0, 1), 0.05, (0, 360))


def _map(rng: np.random.Generator, shape: tuple[int, int]) -> Texture:
    """A survey map: tinted levels of height, contour lines, a faint square grid."""
    heights = fractal_noise(rng, shape, rng.uniform(300, 460), 5, 0.42)
    levels = heights * rng.uniform(4.0, 6.0)
    steepness = np.abs(_lit(levels, 0.0, 1.0)) + np.abs(_lit(levels, np.pi / 2, 1.0)) + 1e-3
    nearness = np.abs(levels - np.round(levels)) / steepness
    lines = np.clip(1.6 - nearness, 0, 1)
    relief = 0.25 * np.round(levels) - 2.2 * lines + 0.35 * fractal_noise(rng, shape, 5, 2, 0.8)
    spacing, offset = int(rng.integers(120, 200)), rng.integers(100, size=2)
    relief[offset[0] :: spacing] -= 0.9
    relief[:, offset[1] :: spacing] -= 0.9
    return Texture(relief.astype(np.float32), np.clip(0.5 + np.round(levels) / 8, 0, 1), 0.06, (30, 210))


def _grass(rng: np.random.Generator, shape: tuple[int, int]) -> Texture:
    """Dry, greyish grass."""
    blades = _strokes(rng, shape, density=0.007, length=(12, 30), spread=0.6, width=2)
    patches = fractal_noise(rng, shape, 300, 5, 0.6)
    return Texture(1.1 * blades + 0.6 * patches, _soft_blend(rng, shape), 0.05, (48, 110))


def _linen(rng: np.random.Generator, shape: tuple[int, int]) -> Texture:
    """Woven threads of uneven thickness, with soft folds."""
    height, width = shape
    pitch = rng.uniform(4.5, 7.0)
    warp = np.sin(
        2 * np.pi * np.arange(width, dtype=np.float32) / pitch + 0.8 * fractal_noise(rng, (1, width), 40, 4)[0]
    )
    weft = np.sin(
        2 * np.pi * np.arange(height, dtype=np.float32) / pitch + 0.8 * fractal_noise(rng, (height, 1), 40, 4)[:, 0]
    )
    uneven = enlarge(fractal_noise(rng, (height // 2, width // 20), 4, 2, 0.9), shape)
    uneven += enlarge(fractal_noise(rng, (height // 20, width // 2), 4, 2, 0.9), shape)
    folds = _lit(fractal_noise(rng, shape, 320, 3, 0.4), rng.uniform(0, 2 * np.pi), 1.0)
    relief = 0.45 * warp[None, :] * weft[:, None] + 0.5 * uneven + 0.6 * standardise(folds)
    return Texture(relief.astype(np.float32), _soft_blend(rng, shape), 0.045, (0, 360))


def _strokes(
    rng: np.random.Generator,
    shape: tuple[int, int],
    *,
    density: float,
    length: tuple[float, float],
    spread: float,
    width: int,
) -> Field:
    """Short straight strokes of random brightness, zero mean and unit variance.

    Args:
        rng: Source of all randomness.
        shape: Height and width in pixels.
        density: Strokes per pixel.
        length: Shortest and longest, pixels.
        spread: Largest angle from upright, radians.
        width: Pixels.
    """
    height, width_ = shape
    count = int(density * height * width_)
    starts = rng.uniform(0, 1, (count, 2)) * (width_, height)
    angles, lengths = rng.uniform(-spread, spread, count), rng.uniform(*length, count)
    ends = starts + np.column_stack([np.sin(angles), -np.cos(angles)]) * lengths[:, None]
    lines = np.rint(np.stack([starts, ends], axis=1) * 8).astype(np.int32)
    canvas = np.full(shape, 128, np.uint8)
    shades = 16
    for part, shade in zip(np.array_split(lines, shades), np.linspace(30, 226, shades), strict=True):
        cv2.polylines(canvas, list(part), False, float(shade), width, cv2.LINE_AA, 3)
    return standardise(canvas.astype(np.float32))


def _lit(heights: Field, angle: float, steepness: float) -> Field:
    """Slope of a height field along a direction: how much light from there it would catch."""
    across = cv2.Sobel(heights, cv2.CV_32F, 1, 0, scale=steepness / 8)
    down = cv2.Sobel(heights, cv2.CV_32F, 0, 1, scale=steepness / 8)
    return np.asarray(np.cos(angle) * across + np.sin(angle) * down, np.float32)


_TEXTURES: dict[str, Callable[[np.random.Generator, tuple[int, int]], Texture]] = {
    "wood": _wood,
    "paper": _paper,
    "felt": _felt,
    "granite": _granite,
    "marble": _marble,
    "tiles": _tiles,
    "map": _map,
    "grass": _grass,
    "linen": _linen,
}
