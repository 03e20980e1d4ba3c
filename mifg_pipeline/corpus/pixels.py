"""The upright RGB pixels of image files, and a cache of them."""

import hashlib
from pathlib import Path
from typing import Final

import numpy as np

from mifg_pipeline.corpus.byte_cache import ByteCache
from mifg_pipeline.errors import MifgError
from mifg_pipeline.images.decoding import UnusableImage, decode_upright, read_image_file
from mifg_pipeline.programs import Pixels

CACHE_BYTES: Final = 128 << 20
"""Bytes of decoded pixels that ``cached_upright`` keeps in each process."""


class ImageError(MifgError):
    """An image file cannot be read or decoded, or is another one by now.

    Attributes:
        path: The file.
        fault: What is wrong with it, without its place.
    """

    def __init__(self, path: Path, fault: str, remedy: str) -> None:
        super().__init__(f"{path} {fault}.", remedy)
        self.path = path
        self.fault = fault

    def __reduce__(self) -> tuple[type["ImageError"], tuple[Path, str, str]]:  # type: ignore[override]
        """Pickles across the worker processes with all parts."""
        return (type(self), (self.path, self.fault, self.remedy))


def load_upright(path: Path) -> Pixels:
    """Decodes an image file to upright RGB pixels, read-only, shape (height, width, 3), uint8.

    See ``decode_upright`` for orientation, alpha, bit depths and animations.

    Raises:
        ImageError: If the file cannot be read or decoded.
    """
    return _pixels_of(_read(path), path)


def cached_upright(path: Path, sha256: str) -> Pixels:
    """Like ``load_upright``, from a cache of this process where it can; checks that the file is still the one meant.

    Args:
        path: The file.
        sha256: Digest of its bytes.

    Raises:
        ImageError: If the file cannot be read or decoded, or is another one by now.
    """
    pixels = _CACHE.get(sha256)
    if pixels is None:
        data = _read(path)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise ImageError(path, "has changed since it was indexed", "Index the corpus again, or restore the file.")
        pixels = _pixels_of(data, path)
        _CACHE.put(sha256, pixels)
    return pixels


_CACHE: ByteCache[str, Pixels] = ByteCache(CACHE_BYTES, lambda pixels: pixels.nbytes)


def _read(path: Path) -> bytes:
    try:
        return read_image_file(path)
    except (OSError, UnusableImage) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ImageError(path, f"cannot be read ({reason})", "Restore the file, or index the corpus again.") from error


def _pixels_of(data: bytes, path: Path) -> Pixels:
    try:
        # An array made from an image is a read-only view of immutable bytes.
        return np.asarray(decode_upright(data))
    except UnusableImage as error:
        remedy = "Replace the file or take it away, and index the corpus again."
        raise ImageError(path, f"cannot be used as an image ({error})", remedy) from error
