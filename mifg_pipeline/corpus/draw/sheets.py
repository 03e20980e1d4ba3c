"""Sheets of paper and card that lie on a surface, under the shapes."""

import math

import cv2
import numpy as np

from mifg_pipeline.corpus.draw.noise import Field, fractal_noise
from mifg_pipeline.corpus.draw.shapes import Points

_MOST_SHEETS = 4
_LEVELS = (0.48, 0.74)
"""HSV value of a sheet."""
_REACH = 14
"""Pixels around a sheet that its shadow touches."""
_SHADOW_OFFSET = (3, 5)
_SHADOW_BLUR = 4.0
_SHADOW_DEPTH = 0.3


def lay_sheets(rng: np.random.Generator, light: Field, blend: Field) -> None:
    """Lays up to a handful of turned, partly cut sheets onto a surface, in place.

    Args:
        rng: Source of all randomness.
        light: HSV value of the surface per pixel.
        blend: Share of the second tint per pixel.
    """
    for _ in range(int(rng.integers(_MOST_SHEETS + 1))):
        _lay_sheet(rng, light, blend)


def _lay_sheet(rng: np.random.Generator, light: Field, blend: Field) -> None:
    height, width = light.shape
    long_side = rng.uniform(0.2, 0.42) * max(height, width)
    size = (long_side, long_side * rng.uniform(0.62, 0.78))
    centre = rng.uniform((0, 0), (width, height))
    angle = rng.uniform(-25, 25) + rng.choice((0, 90))
    corners = _rectangle(centre, size, angle)

    x0, y0 = np.maximum(corners.min(axis=0) - _REACH, 0).astype(int)
    x1, y1 = np.minimum(corners.max(axis=0) + _REACH, (width, height)).astype(int)
    under, tint = light[y0:y1, x0:x1], blend[y0:y1, x0:x1]
    cover = _filled(corners - (x0, y0), under.shape)
    shadow = cv2.GaussianBlur(_filled(corners - (x0, y0) + _SHADOW_OFFSET, under.shape), (0, 0), _SHADOW_BLUR)
    sheet = rng.uniform(*_LEVELS) + _print(rng, under.shape, angle)

    under *= 1 - _SHADOW_DEPTH * shadow * (1 - cover)
    under += cover * (sheet - under)
    tint += cover * (np.float32(rng.uniform(0, 1)) - tint)


def _rectangle(centre: Points, size: tuple[float, float], angle: float) -> Points:
    """Corners of a turned rectangle, shape (4, 2)."""
    return np.asarray(cv2.boxPoints(((float(centre[0]), float(centre[1])), size, angle)), np.float64)


def _filled(corners: Points, shape: tuple[int, ...]) -> Field:
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.rint(corners * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return np.asarray(mask / 255, np.float32)


def _print(rng: np.random.Generator, shape: tuple[int, ...], angle: float) -> Field:
    """What is on the sheet: fibres, and blots, lines or a grid; as a change of HSV value."""
    area = (shape[0], shape[1])
    fibres = 0.012 * fractal_noise(rng, area, 10, 3, 0.8)
    kind = rng.choice(("blots", "lines", "grid"))
    if kind == "blots":
        return np.asarray(fibres + 0.035 * fractal_noise(rng, area, 120, 5, 0.6), np.float32)
    spacing = rng.uniform(16, 34)
    ink = _ruled(area, angle, spacing)
    if kind == "grid":
        ink = np.maximum(ink, _ruled(area, angle + 90, spacing))
    return np.asarray(fibres + 0.02 * fractal_noise(rng, area, 90, 3) - 0.09 * ink, np.float32)


def _ruled(shape: tuple[int, int], angle: float, spacing: float) -> Field:
    """Parallel lines in a direction, 1 on a line and 0 between."""
    canvas = np.zeros(shape, np.uint8)
    reach = math.hypot(*shape)
    along = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
    across = np.array([-along[1], along[0]])
    middle = np.array([shape[1], shape[0]]) / 2
    for offset in np.arange(-reach / 2, reach / 2, spacing):
        ends = middle + across * offset + np.outer((-reach, reach), along)
        cv2.polylines(canvas, [np.rint(ends * 16).astype(np.int32)], False, 255, 1, cv2.LINE_AA, 4)
    return np.asarray(canvas / 255, np.float32)
