"""A question for IMAgent; its images are decoded when they are looked at."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self, TypeVar

import numpy as np

from mifg_pipeline.corpus.byte_cache import ByteCache
from mifg_pipeline.engines.view import Pixels
from mifg_pipeline.errors import MifgError
from mifg_pipeline.images.decoding import UnusableImage, decode_upright, read_image_file, upright_size
from mifg_pipeline.items import Answer, Region

_Decoded = TypeVar("_Decoded")

CACHE_BYTES: Final = 256 << 20
"""Bytes of decoded pixels that are kept in each process."""

_CACHE: ByteCache[str, Pixels] = ByteCache(CACHE_BYTES, lambda pixels: pixels.nbytes)


@dataclass(frozen=True)
class QuestionImage:
    """One image of a question.

    Attributes:
        sha256: Digest of the image file.
        read: Gives the file's bytes.
        path: Where the file lies, if it does: what is sent to a server is read from there.
        name: What to call it otherwise.
    """

    sha256: str
    read: Callable[[], bytes] = field(compare=False, repr=False)
    path: Path | None = field(default=None, compare=False)
    name: str = field(default="", compare=False)

    @classmethod
    def of_bytes(cls, data: bytes, name: str = "") -> Self:
        """An image that is held as the bytes of its file."""
        return cls(hashlib.sha256(data).hexdigest(), lambda: data, name=name)

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """An image that is read from its file again when it is needed.

        Raises:
            MifgError: If the file cannot be read.
        """
        return cls(hashlib.sha256(_read(path)).hexdigest(), lambda: _read(path), path)

    def pixels(self) -> Pixels:
        """The upright RGB pixels, read-only, shape (height, width, 3), uint8; the last ones used are kept.

        Raises:
            MifgError: If the file cannot be read or decoded, or is another one by now.
        """
        pixels = _CACHE.get(self.sha256)
        if pixels is None:
            # An array made from an image is a read-only view of immutable bytes.
            pixels = np.asarray(self._through(decode_upright))
            _CACHE.put(self.sha256, pixels)
        return pixels

    def size(self) -> tuple[int, int]:
        """Width and height of the upright image, from its header if that tells.

        Raises:
            MifgError: As ``pixels``; damage beyond the header may stay unseen.
        """
        pixels = _CACHE.get(self.sha256)
        return self._through(upright_size) if pixels is None else (pixels.shape[1], pixels.shape[0])

    def _through(self, decode: Callable[[bytes], _Decoded]) -> _Decoded:
        data = self.read()
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise MifgError(f"{self._name} has changed while it was in use.", "Start again.")
        try:
            return decode(data)
        except UnusableImage as error:
            raise MifgError(f"{self._name} cannot be used as an image ({error}).", "Replace it.") from error

    @property
    def _name(self) -> str:
        return str(self.path or self.name or f"The image with SHA-256 {self.sha256}")


@dataclass(frozen=True)
class Question:
    """What IMAgent is asked.

    Attributes:
        key: Names the question.
        images: In the order in which the question counts them.
        text: The question itself.
        options: Texts of the options of a multiple-choice question; None for an open one.
        answer: The key to it; None where nobody knows.
        evidence: Where in the images the answer shows, if that is known.
    """

    key: str
    images: tuple[QuestionImage, ...]
    text: str
    options: tuple[str, ...] | None = None
    answer: Answer | None = None
    evidence: tuple[Region, ...] = ()


def _read(path: Path) -> bytes:
    try:
        return read_image_file(path)
    except (OSError, UnusableImage) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise MifgError(f"{path} cannot be read ({reason}).", "Name the file of an image.") from error
