"""Turns an image file into upright RGB pixels, whatever its format, mode and orientation."""

import hashlib
import io
import stat
import threading
import warnings
from collections import OrderedDict
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from mifg_pipeline.errors import MifgError
from mifg_pipeline.programs import Pixels

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000")
"""Formats that are tried; pillow knows more, but some of those start programs (EPS) or have no signature (TGA)."""

MAX_PIXELS: Final = 178_956_970
"""Largest image that is decoded: pillow's own limit against decompression bombs, which others may have changed."""

MAX_FILE_BYTES: Final = 1 << 30
"""Largest file that is read."""

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


class UnusableImage(Exception):  # noqa: N818 - it names what the file is
    """The bytes of a file give no image; the text is the reason, as ``kind: detail``."""


def read_image_file(path: Path) -> bytes:
    """Bytes of a regular file of at most ``MAX_FILE_BYTES``.

    Raises:
        OSError: If it cannot be read.
        UnusableImage: If it is too large, or a device or pipe.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise UnusableImage("not a regular file")
    if status.st_size > MAX_FILE_BYTES:
        raise UnusableImage(f"too large: {status.st_size} bytes, over {MAX_FILE_BYTES}")
    return path.read_bytes()


def decode_upright(data: bytes) -> Image.Image:
    """Decodes the first frame of an image file to RGB with its EXIF orientation applied.

    Alpha is laid over white; 16-bit grey is scaled to 8 bits.

    Raises:
        UnusableImage: If the bytes are no image, truncated, damaged or beyond ``MAX_PIXELS``.
    """
    try:
        with warnings.catch_warnings():
            # Pillow warns of large images and of damaged EXIF blocks; here a file is either used or refused.
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            _require_decodable_size(image)
            ImageOps.exif_transpose(image, in_place=True)
            return _to_rgb(image)
    except (UnusableImage, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise UnusableImage("undecodable: not an image in a supported format") from error
    except Image.DecompressionBombError as error:
        raise UnusableImage(f"too large: over {MAX_PIXELS} pixels") from error
    except Exception as error:
        # Damaged files make pillow's plugins raise about anything, from SyntaxError to struct.error.
        raise UnusableImage(f"undecodable: {error or type(error).__name__}") from error


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


class PixelCache:
    """Least-recently-used decoded images, bounded in bytes; safe to use from several threads.

    Args:
        limit: Bytes to keep at most; an image beyond it is not kept at all.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._entries: OrderedDict[str, Pixels] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, sha256: str) -> Pixels | None:
        """The image of that digest, if it is kept."""
        with self._lock:
            if sha256 in self._entries:
                self._entries.move_to_end(sha256)
            return self._entries.get(sha256)

    def put(self, sha256: str, pixels: Pixels) -> None:
        """Keeps an image, in place of the longest unused ones."""
        with self._lock:
            if sha256 in self._entries or pixels.nbytes > self._limit:
                return
            self._entries[sha256] = pixels
            self._size += pixels.nbytes
            while self._size > self._limit:
                _, dropped = self._entries.popitem(last=False)
                self._size -= dropped.nbytes


_CACHE = PixelCache(CACHE_BYTES)


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


def _require_decodable_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise UnusableImage(f"too large: {width}×{height}, over {MAX_PIXELS} pixels")


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    if image.mode.startswith("I"):
        return _scale_16_bit(np.asarray(image)).convert("RGB")
    if image.mode == "F":
        raise UnusableImage("undecodable: floating-point pixels have no known range")
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def _scale_16_bit(grey: NDArray[np.generic]) -> Image.Image:
    """Scales 0..65535 to 0..255; pillow's own conversion would clip everything above 255 to white."""
    values = grey.astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise UnusableImage("undecodable: 32-bit pixels have no known range")
    return Image.fromarray(((values * 255 + 32767) // 65535).astype(np.uint8))
