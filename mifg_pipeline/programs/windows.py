"""Windows of a picture that overlap in part or lie within each other."""

import random
from collections.abc import Sequence

from mifg_pipeline.items import Box

_OVERLAPPING_SIDE = (0.67, 0.85)
"""Side of an overlapping window, as a share of the largest window of its proportions."""
_SHARED = (0.45, 0.75)
"""Share of either window's area that both show."""
_ZOOM = (0.72, 0.79)
"""Side of a nested window, as a share of the side of the one around it."""
_WIDEST_SIDE = (0.92, 1.0)
_ATTEMPTS = 200


def overlapping_windows(width: int, height: int, proportions: float, rng: random.Random) -> tuple[Box, Box] | None:
    """Draws two windows of a picture of which each shows 45 to 75 % of the other.

    Args:
        width: Of the picture.
        height: Of the picture.
        proportions: Width over height of the windows.
        rng: Draws.

    Returns:
        The windows, neither of which is the first by any mark; None if no draw fits.
    """
    widest = min(width, height * proportions)
    lowest, highest = _SHARED
    for _ in range(_ATTEMPTS):
        sizes = []
        for _ in range(2):
            window_width = rng.uniform(*_OVERLAPPING_SIDE) * widest
            sizes.append((round(window_width), round(window_width / proportions)))
        one = _window_near(None, sizes[0], (width, height), rng)
        other = _window_near(one, sizes[1], (width, height), rng)
        shared = overlap(one, other)
        if shared is not None and all(lowest <= _area(shared) / _area(window) <= highest for window in (one, other)):
            return (one, other) if rng.random() < 0.5 else (other, one)
    return None


def nested_windows(width: int, height: int, count: int, rng: random.Random) -> list[Box]:
    """Draws windows in the picture's proportions, each within the one before and clearly smaller, the widest first."""
    windows = []
    around = (0, 0, width, height)
    shares = [rng.uniform(*_WIDEST_SIDE), *(rng.uniform(*_ZOOM) for _ in range(count - 1))]
    side = 1.0
    for share in shares:
        side *= share
        size = (round(side * width), round(side * height))
        x, y = rng.randint(around[0], around[2] - size[0]), rng.randint(around[1], around[3] - size[1])
        around = (x, y, x + size[0], y + size[1])
        windows.append(around)
    return windows


def overlap(one: Box, other: Box) -> Box | None:
    """The part that two boxes share; None if there is none."""
    x0, y0, x1, y1 = max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _window_near(other: Box | None, size: Sequence[int], picture: Sequence[int], rng: random.Random) -> Box:
    """Draws a window of that size: anywhere in the picture, or where it touches the other one at least."""
    corner = []
    for axis in range(2):
        room = picture[axis] - size[axis]
        lowest, highest = (0, room) if other is None else (other[axis] - size[axis], other[axis + 2])
        corner.append(rng.randint(max(0, lowest), min(room, highest)))
    x, y = corner
    return (x, y, x + size[0], y + size[1])


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])
