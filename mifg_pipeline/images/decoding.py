"""Decodes an image file to upright RGB, whatever its format, mode and orientation."""

import io
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000")
"""Formats that are tried; pillow knows more, but some of those start programs (EPS) or have no signature (TGA)."""

MAX_PIXELS: Final = 178_956_970
"""Largest image that is decoded: pillow's own limit against decompression bombs, which others may have changed."""

MAX_FILE_BYTES: Final = 1 << 30
"""Largest file that is read."""

_HEADERS_TELL: Final = ("JPEG", "PNG", "WEBP")
"""Formats whose size and orientation stand in the header as pillow decodes them; it turns a TIFF by itself."""

_TURNED: Final = range(2, 9)
"""EXIF orientations of an image that does not stand upright."""

_SIDEWAYS: Final = (5, 6, 7, 8)
"""EXIF orientations that swap width and height."""


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
    with _opened(data) as image:
        ImageOps.exif_transpose(image, in_place=True)
        return to_rgb(image)


def upright_size(data: bytes) -> tuple[int, int]:
    """Width and height of what ``decode_upright`` gives; decodes only formats whose header does not tell them.

    Raises:
        UnusableImage: As there; damage beyond the header may stay unseen.
    """
    with _opened(data) as image:
        if image.format in _HEADERS_TELL:
            width, height = image.size
            sideways = image.getexif().get(ExifTags.Base.Orientation) in _SIDEWAYS
            return (height, width) if sideways else (width, height)
    return decode_upright(data).size


def is_plain(data: bytes, *, turned: bool = False) -> bool:
    """Whether every reader sees in a file what ``decode_upright`` gives: it is upright, opaque, and 8-bit RGB or grey.

    Args:
        data: The bytes of the file.
        turned: Whether the reader applies the EXIF orientation.

    Raises:
        UnusableImage: If they are no image; damage beyond the header stays unseen.
    """
    with _opened(data) as image:
        upright = turned or image.getexif().get(ExifTags.Base.Orientation) not in _TURNED
        return upright and image.mode in ("RGB", "L") and not image.has_transparency_data


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    """The image before its pixels are decoded; whatever goes wrong with it is an ``UnusableImage``."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of large images and of damaged EXIF blocks; here a file is either used or refused.
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            _require_decodable_size(image)
            yield image
    except (UnusableImage, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise UnusableImage("undecodable: not an image in a supported format") from error
    except Image.DecompressionBombError as error:
        raise UnusableImage(f"too large: over {MAX_PIXELS} pixels") from error
    except Exception as error:
        # Damaged files make pillow's plugins raise about anything, from SyntaxError to struct.error.
        raise UnusableImage(f"undecodable: {error or type(error).__name__}") from error


def _require_decodable_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise UnusableImage(f"too large: {width}×{height}, over {MAX_PIXELS} pixels")


def to_rgb(image: Image.Image) -> Image.Image:
    """An upright image as RGB; alpha is laid over white, 16-bit grey is scaled to 8 bits.

    Raises:
        UnusableImage: If its pixels have no known range.
    """
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
