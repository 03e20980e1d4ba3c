"""Names the shape of an outline by how it fills the simplest figures around it."""

from dataclasses import dataclass
from math import dist, pi
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Contour = NDArray[np.integer[Any] | np.floating[Any]]

# How much of its least enclosing circle, rectangle (of any angle) and triangle and of its convex hull a shape fills:
# medians over drawn shapes of 27 to 110 pixels.
_FILLS = {
    "circle": (0.96, 0.81, 0.62, 0.99),
    "square": (0.67, 0.96, 0.53, 0.97),
    "triangle": (0.47, 0.55, 0.99, 0.96),
    "diamond": (0.52, 0.77, 0.55, 0.97),
    "star": (0.53, 0.49, 0.41, 0.69),
    "cross": (0.72, 0.69, 0.49, 0.80),
    "heart": (0.70, 0.75, 0.78, 0.97),
}


@dataclass(frozen=True)
class _Limit:
    """A value that tells two kinds apart, and the distance from it beyond which the decision is certain."""

    value: float
    clear: float

    def certainty(self, value: float) -> float:
        return min(1.0, abs(value - self.value) / self.clear)


# The hole's share of the filled outline tells rings from (dotted) circles: 0.11 or more against 0.03 or less.
_RING_HOLE = _Limit(0.07, 0.03)
# Share of its rectangle that a shape fills: squares and plates 0.93 or more, all others 0.84 or less.
_RECTANGLE = _Limit(0.885, 0.03)
# Length by width tells plates from squares: 1.3 or more against 1.02 or less.
_PLATE = _Limit(1.15, 0.1)


@dataclass(frozen=True)
class Outline:
    """What an outline is.

    Attributes:
        category: circle, ring, square, triangle, diamond, star, cross, heart, or sign (a plate wider than tall).
        certainty: 1 where it fits this category alone, 0 where it fits another as well (or as badly).
    """

    category: str
    certainty: float


def name_outline(outline: Contour, hole: float) -> Outline:
    """Names the shape of an outline.

    Args:
        outline: The outer contour, every border pixel, shape (points, 1, 2), int32.
        hole: Area of the largest hole in it, square pixels.
    """
    area = _area(outline)
    _, sides, _ = cv2.minAreaRect(outline)
    # A contour runs through the centres of the border pixels: the shape reaches half a pixel further all around.
    long, short = max(sides) + 1, min(sides) + 1
    rectangle_fill, elongation = area / (long * short), long / short
    _, _, width, height = cv2.boundingRect(outline)
    if rectangle_fill > _RECTANGLE.value and elongation > _PLATE.value and width > height:
        return Outline("sign", min(_RECTANGLE.certainty(rectangle_fill), _PLATE.certainty(elongation)))
    category, certainty = _nearest((_circle_fill(outline), rectangle_fill, *_triangle_and_hull_fill(outline)))
    if category == "square":
        return Outline("square", 0.0 if elongation > _PLATE.value else min(certainty, _PLATE.certainty(elongation)))
    if category == "circle":
        share = hole / area
        ring = share > _RING_HOLE.value
        return Outline("ring" if ring else "circle", min(certainty, _RING_HOLE.certainty(share)))
    return Outline(category, certainty)


def _circle_fill(outline: Contour) -> float:
    _, radius = cv2.minEnclosingCircle(outline)
    return _area(outline) / (pi * (radius + 0.5) ** 2)


def _triangle_and_hull_fill(outline: Contour) -> tuple[float, float]:
    hull = cv2.convexHull(outline)
    # OpenCV misses the least triangle where a hull has many almost parallel edges or large coordinates.
    simple = cv2.approxPolyDP(hull - hull.min(axis=0), 1.0, closed=True)
    triangle, _ = cv2.minEnclosingTriangle(simple)
    area = _area(outline)
    return area / (triangle + cv2.arcLength(hull, closed=True) / 2), area / _area(hull)


def _area(contour: Contour) -> float:
    """Pixels inside and on the contour (Pick's theorem, with the length for the number of border pixels)."""
    return cv2.contourArea(contour) + cv2.arcLength(contour, closed=True) / 2 + 1


def _nearest(fills: tuple[float, ...]) -> tuple[str, float]:
    misfits = sorted((dist(fills, known), category) for category, known in _FILLS.items())
    (misfit, category), (next_misfit, _) = misfits[:2]
    return category, 1 - misfit / next_misfit
