"""Makes what the model sees of images: resized so that it consists of whole visual tokens."""

import math
from typing import Final

import numpy as np
from PIL import Image

from mifg_pipeline.config import EpisodeSettings
from mifg_pipeline.engines.view import Pixels, View
from mifg_pipeline.items import Box

MAX_ASPECT: Final = 199
"""Most length of a view in terms of its breadth; processors refuse what exceeds 200."""


def first_view(sha256: str, pixels: Pixels, settings: EpisodeSettings, token_side: int) -> View:
    """A whole image as the question shows it.

    Args:
        sha256: Digest of the image file.
        pixels: Of the upright image, shape (height, width, 3).
        settings: Which say how large.
        token_side: Pixels of a side of a visual token.
    """
    height, width = pixels.shape[:2]
    return make_view(
        sha256, pixels, None, *view_size(width, height, settings.min_pixels, settings.max_pixels, token_side)
    )


def crop_view(sha256: str, pixels: Pixels, box: Box, settings: EpisodeSettings, token_side: int) -> View:
    """A part of an image as ``visual_confirmation`` shows it; arguments as for ``first_view``."""
    x0, y0, x1, y1 = box
    size = view_size(x1 - x0, y1 - y0, settings.crop_min_pixels, settings.crop_max_pixels, token_side)
    return make_view(sha256, pixels, box, *size)


def make_view(sha256: str, pixels: Pixels, box: Box | None, width: int, height: int) -> View:
    """A part of an image in a given size.

    The part is cut out before it is resized, so that nothing beside it shines in at its border.

    Args:
        sha256: Digest of the image file.
        pixels: Of the upright image, shape (height, width, 3).
        box: The part, within the image; all of it where None.
        width: Pixels of the view.
        height: Pixels of the view.
    """
    if box is not None:
        x0, y0, x1, y1 = box
        pixels = pixels[y0:y1, x0:x1]
    resized = Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)
    return View(sha256, box, height, width, np.asarray(resized))


def view_size(width: int, height: int, least: int, most: int, token_side: int) -> tuple[int, int]:
    """Width and height of the view of an image, in pixels.

    Sides are multiples of ``token_side`` and keep the image's shape as nearly as possible, by the rule of the models'
    own processors, which so leave a view as it is. Where rounding a thin image that way would break a bound, the longer
    side gives way; a view has at least one token.

    Source: ``smart_resize`` of Qwen2-VL.

    Args:
        width: Of the image; beyond ``MAX_ASPECT`` the longer side is squeezed.
        height: Of the image.
        least: Fewest pixels of the view, unless that leaves no room below ``most``.
        most: Most pixels of the view.
        token_side: Pixels of a side of a visual token.
    """
    width, height = min(width, MAX_ASPECT * height), min(height, MAX_ASPECT * width)
    columns, rows = round(width / token_side), round(height / token_side)
    pixels = columns * rows * token_side**2
    if pixels > most:
        shrink = math.sqrt(width * height / most)
        columns, rows = math.floor(width / shrink / token_side), math.floor(height / shrink / token_side)
    elif pixels < least:
        growth = math.sqrt(least / (width * height))
        columns, rows = math.ceil(width * growth / token_side), math.ceil(height * growth / token_side)
    short, long = sorted((max(1, columns), max(1, rows)))
    room = max(1, most // token_side**2)
    short = min(short, room)
    long = min(long, MAX_ASPECT * short, room // short)
    columns, rows = (long, short) if columns > rows else (short, long)
    return columns * token_side, rows * token_side
