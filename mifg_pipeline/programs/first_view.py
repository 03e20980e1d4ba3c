"""How large a detail may be so that it needs a closer look: illegible in the first view, clear in a crop."""

import math
import random
from collections.abc import Sequence

_FIRST_VIEW_PIXELS = 1_003_520
_LEGIBLE_SIDE = 28
_MAX_SIDE = 96
_MAX_AREA = 0.04
"""Share of its image that a detail covers at most."""


def detail_side(sizes: Sequence[tuple[int, int]], other_pixels: int, smallest_side: int, rng: random.Random) -> int:
    """Draws the side of a square detail, in pixels.

    The images share the pixels of the first view, so each is seen there at the scale
    ``sqrt(first view / total pixels)`` (at most 1). As far as possible the side is illegible at that scale.

    Args:
        sizes: Width and height of the images that the detail may come from.
        other_pixels: Pixels of the item's further images.
        smallest_side: The side is at least this, unless the smallest image is too small for it.
        rng: Draws the side.
    """
    areas = [width * height for width, height in sizes]
    scale = min(1.0, math.sqrt(_FIRST_VIEW_PIXELS / (sum(areas) + other_pixels)))
    illegible_side = math.ceil(_LEGIBLE_SIDE / scale) - 1
    side_of_share = int(math.sqrt(_MAX_AREA * min(areas)))
    largest_side = min(_MAX_SIDE, side_of_share, max(smallest_side, illegible_side))
    return rng.randint(min(smallest_side, largest_side), largest_side)
