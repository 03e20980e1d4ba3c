"""Reads the image files of items, and makes sure that they are those that the items were made from."""

import hashlib
import re
from pathlib import PurePosixPath

from mifg_pipeline.corpus import RunImages
from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import ImageRef

_STEM_LENGTH = 60


def read_image(images: RunImages, image: ImageRef) -> bytes:
    """The bytes of an image's file.

    Raises:
        MifgError: If the file is missing, unreadable or not the one that the record speaks of.
    """
    path = images.path_of(image)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MifgError(f"Image {path} cannot be read: {error.strerror}.", _remedy(image)) from error
    if hashlib.sha256(content).hexdigest() != image.sha256:
        raise MifgError(
            f"Image {path} has changed since questions were made about it: its sha256 is not {image.sha256}.",
            _remedy(image),
        )
    return content


def _remedy(image: ImageRef) -> str:
    if image.is_derived:
        return "Restore the run folder from a copy, or run `mifg generate` anew into another folder."
    return "Put the original file back, or run `mifg corpus index` and then `mifg generate` into another folder."


def file_name(image: ImageRef) -> str:
    """A readable file name with the extension of the file, unique by content."""
    path = PurePosixPath(image.path)
    stem = re.sub(r"[^\w-]+", "_", path.stem)[:_STEM_LENGTH]
    return f"{stem}-{image.sha256[:12]}{path.suffix.lower()}"
