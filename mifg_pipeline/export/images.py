"""Reads the image files of items, and makes sure that they are those that the items were made from."""

import hashlib
import os
import re
from pathlib import PurePosixPath
from typing import Final

from mifg_pipeline.corpus import RunImages
from mifg_pipeline.corpus.byte_cache import ByteCache
from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import ImageRef

_STEM_BYTES: Final = 120
_SUFFIX_BYTES: Final = 16
_KEPT_BYTES: Final = 128 << 20


class ImageFiles:
    """The image files of a run; those read last are kept, since an image stands in many items."""

    def __init__(self, images: RunImages) -> None:
        self._images = images
        self._kept: ByteCache[str, bytes] = ByteCache(_KEPT_BYTES, len)
        self._known: dict[str, tuple[int, ...]] = {}

    def read(self, image: ImageRef) -> bytes:
        """The bytes of an image's file.

        Raises:
            MifgError: If the file is missing, unreadable or not the one that the record speaks of.
        """
        content = self._kept.get(image.sha256)
        if content is None:
            content = self._read(image)
            self._kept.put(image.sha256, content)
        return content

    def _read(self, image: ImageRef) -> bytes:
        path = self._images.path_of(image)
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                content = file.read()
        except OSError as error:
            raise MifgError(f"Image {path} cannot be read: {error.strerror}.", _remedy(image)) from error
        # A file that nobody has touched since its digest was found right is not hashed again.
        version = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, len(content))
        if self._known.get(image.sha256) != version:
            if hashlib.sha256(content).hexdigest() != image.sha256:
                raise MifgError(
                    f"Image {path} has changed since questions were made about it: its sha256 is not {image.sha256}.",
                    _remedy(image),
                )
            self._known[image.sha256] = version
        return content


def _remedy(image: ImageRef) -> str:
    if image.is_derived:
        return "Restore the run folder from a copy, or run `mifg generate` anew into another folder."
    return "Put the original file back, or run `mifg corpus index` and then `mifg generate` into another folder."


def file_name(image: ImageRef) -> str:
    """A readable file name with the extension of the file, unique by content; a name of this form stays as it is."""
    path = PurePosixPath(image.path)
    digest = f"-{image.sha256[:12]}"
    stem = re.sub(r"[^\w-]+", "_", path.stem.removesuffix(digest))
    suffix = re.sub(r"[^\w.]+", "_", path.suffix.lower())
    return f"{_cut(stem, _STEM_BYTES)}{digest}{_cut(suffix, _SUFFIX_BYTES)}"


def _cut(text: str, most: int) -> str:
    """As much of a text as fits into a number of bytes: a file name has room for 255, whatever its script."""
    return text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore")
