"""The geometry of the shapes: contours and dots in a unit frame, and their place in the image."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""Points, shape (n, 2), as x and y (down)."""

ROUNDING = 0.035
"""Radius of the rounded outer corners, as a share of the longest side."""

DOT_RADIUS = 0.065
"""Radius of a dot, as a share of the longest side."""

# Centres of the dots in the frame of the contours below: every dot lies well inside its shape.
_DOTS: dict[str, tuple[tuple[float, float], ...]] = {
    "circle": ((-0.42, -0.36), (0.42, -0.36), (0.0, 0.0), (-0.42, 0.36), (0.42, 0.36)),
    "ring": tuple((0.76 * math.sin(k * math.tau / 7), -0.76 * math.cos(k * math.tau / 7)) for k in range(7)),
    "square": ((-0.5, -0.5), (0.5, -0.5), (0.0, 0.0), (-0.5, 0.5), (0.5, 0.5)),
    "triangle": ((0.0, -0.3), (0.0, 0.14), (-0.37, 0.47), (0.37, 0.47)),
    "diamond": ((0.0, -0.46), (-0.32, 0.0), (0.32, 0.0), (0.0, 0.46)),
    "star": ((0.0, 0.0), *((0.46 * math.sin(k * math.tau / 5), -0.46 * math.cos(k * math.tau / 5)) for k in range(5))),
    "cross": ((0.0, -0.64), (-0.64, 0.0), (0.0, 0.0), (0.64, 0.0), (0.0, 0.64)),
    "heart": ((-0.48, -0.36), (0.48, -0.36), (0.0, -0.02), (0.0, 0.48)),
}


@dataclass(frozen=True)
class Outline:
    """A shape in its place.

    The drawn shape is everything within ``rounding`` of the contours' inside.

    Attributes:
        contours: Closed polygons in pixels; the second of two is a hole.
        dots: Centres of the dots in pixels, shape (n, 2).
        rounding: Pixels.
    """

    contours: tuple[Points, ...]
    dots: Points
    rounding: float

    def extent(self) -> tuple[float, float]:
        """Width and height of the drawn shape in pixels."""
        width, height = np.ptp(self.contours[0], axis=0) + 2 * self.rounding
        return float(width), float(height)

    def moved(self, x: float, y: float) -> "Outline":
        """The same shape with the upper left corner of its extent at (x, y)."""
        offset = np.array([x, y]) + self.rounding - self.contours[0].min(axis=0)
        return Outline(tuple(contour + offset for contour in self.contours), self.dots + offset, self.rounding)


def outline(category: str, longest_side: float, angle: float) -> Outline:
    """A shape whose box has the given longest side.

    Args:
        category: One of ``CATEGORIES``.
        longest_side: Of the axis-parallel box around the turned shape, pixels.
        angle: Clockwise turn from upright, degrees.
    """
    turn = _turn(angle)
    contours = tuple(contour @ turn for contour in _contours(category))
    rounding = ROUNDING * longest_side
    scale = (longest_side - 2 * rounding) / float(np.ptp(contours[0], axis=0).max())
    dots = np.array(_DOTS[category]) @ turn * scale
    return Outline(tuple(contour * scale for contour in contours), dots, rounding).moved(0, 0)


def plate(width: float, height: float, angle: float) -> Outline:
    """A rectangular plate with rounded corners.

    Args:
        width: Before turning, pixels.
        height: Before turning, pixels.
        angle: Clockwise turn, degrees.
    """
    rounding = 0.22 * height
    x, y = width / 2 - rounding, height / 2 - rounding
    corners = np.array([(-x, -y), (x, -y), (x, y), (-x, y)])
    return Outline((corners @ _turn(angle),), np.empty((0, 2)), rounding).moved(0, 0)


def _turn(angle: float) -> NDArray[np.float64]:
    """The matrix that turns row vectors clockwise by so many degrees, y pointing down."""
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return np.array([[cosine, sine], [-sine, cosine]])


@cache
def _contours(category: str) -> tuple[Points, ...]:
    """The upright shape in the square from -1 to 1."""
    return _CONTOURS[category]()


def _circle(radius: float = 1.0) -> Points:
    angles = np.linspace(0, math.tau, 64, endpoint=False)
    return radius * np.column_stack([np.cos(angles), np.sin(angles)])


def _star() -> Points:
    angles = np.arange(10) * math.tau / 10
    radii = np.where(np.arange(10) % 2 == 0, 1.0, 0.47)
    return np.column_stack([radii * np.sin(angles), -radii * np.cos(angles)])


def _cross() -> Points:
    arm = 0.34
    quadrant = [(arm, -1.0), (arm, -arm), (1.0, -arm)]
    corners: list[tuple[float, float]] = []
    for _ in range(4):
        corners += quadrant
        quadrant = [(-y, x) for x, y in quadrant]
    return np.array(corners)


def _heart() -> Points:
    """Two overlapping discs and their tangents down to the tip."""
    centre_x, centre_y, radius, tip = 0.46, -0.35, 0.54, 0.95
    down = math.hypot(centre_x, tip - centre_y)
    tangent = math.atan2(tip - centre_y, -centre_x) - math.acos(radius / down)
    notch = -math.pi + math.acos(centre_x / radius)
    angles = np.linspace(notch, tangent, 32)
    right = np.column_stack([centre_x + radius * np.cos(angles), centre_y + radius * np.sin(angles)])
    left = right[::-1] * (-1, 1)
    return np.concatenate([right, [(0.0, tip)], left[:-1]])


def _polygon(*corners: tuple[float, float]) -> Callable[[], tuple[Points, ...]]:
    return lambda: (np.array(corners),)


_CONTOURS: dict[str, Callable[[], tuple[Points, ...]]] = {
    "circle": lambda: (_circle(),),
    "ring": lambda: (_circle(), _circle(0.56)),
    "square": _polygon((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "triangle": _polygon((0.0, -0.95), (1.0, 0.79), (-1.0, 0.79)),
    "diamond": _polygon((0.0, -1.0), (0.72, 0.0), (0.0, 1.0), (-0.72, 0.0)),
    "star": lambda: (_star(),),
    "cross": lambda: (_cross(),),
    "heart": lambda: (_heart(),),
}
