"""Small pictures inline, so that a page is one file."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mifg_pipeline.corpus.pixels import load_upright
from mifg_pipeline.errors import MifgError


@dataclass(frozen=True)
class Thumbnail:
    """A small picture, or why there is none.

    Attributes:
        data_uri: The picture, as a page takes it; empty where there is none.
        fault: What is wrong with the file; empty where nothing is.
    """

    data_uri: str = ""
    fault: str = ""


def thumbnail(path: Path, side: int) -> Thumbnail:
    """The picture of an image file; one that is gone or damaged must not cost the page.

    Args:
        path: The file.
        side: Longest side of the picture, pixels.
    """
    return thumbnail_of(lambda: load_upright(path), side)


def thumbnail_of(read: Callable[[], NDArray[np.uint8]], side: int) -> Thumbnail:
    """The picture of an image, as ``thumbnail`` gives it.

    Args:
        read: Gives its upright pixels, or raises ``MifgError``.
        side: Longest side of the picture, pixels.
    """
    try:
        picture = Image.fromarray(read())
    except MifgError as error:
        return Thumbnail(fault=error.problem)
    picture.thumbnail((side, side))
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return Thumbnail(data_uri=f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}")
