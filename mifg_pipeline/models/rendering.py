"""Renders the images of requests, late and once: from a file to the data URL that a server gets."""

import asyncio
import base64
import hashlib
import math
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, Self

import cv2
import numpy as np
from PIL import Image

from mifg_pipeline.corpus.byte_cache import ByteCache
from mifg_pipeline.corpus.pixels import cached_upright
from mifg_pipeline.items import Box
from mifg_pipeline.models.chat import ImagePart
from mifg_pipeline.programs import Pixels

CACHE_BYTES: Final = 256 << 20
"""Bytes of rendered images that are kept; an image of a megapixel takes about 0.4 MB."""

JPEG_OPTIONS: Final = (
    cv2.IMWRITE_JPEG_QUALITY,
    92,
    # Thin coloured strokes are what questions are about: colour keeps its full resolution.
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
)

SENDABLE_FORMATS: Final = {"JPEG": "image/jpeg", "PNG": "image/png"}
"""Formats that every server reads, with their media types."""


class _View(NamedTuple):
    """What of which image is shown, and how large."""

    sha256: str
    crop: Box | None
    max_pixels: int
    min_pixels: int


class ImageRenderer:
    """Renders images in a thread of its own and keeps the last ones; use it as a context manager, in one event loop.

    One thread, because decoding turns pillow's warnings off for the process while it lasts. Pillow and OpenCV release
    the interpreter, so that the event loop goes on meanwhile.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="render")
        self._rendered: ByteCache[_View, bytes] = ByteCache(CACHE_BYTES, len)
        self._under_way: dict[_View, asyncio.Future[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    async def render(self, part: ImagePart) -> bytes:
        """The image's data URL as a JSON string, quotes included: it is put into requests without going over it again.

        Raises:
            ImageError: If the file cannot be read or decoded, or is another one by now.
        """
        view = _View(part.sha256, part.crop, part.max_pixels, part.min_pixels)
        literal = self._rendered.get(view)
        if literal is not None:
            return literal
        future = self._under_way.get(view)
        if future is None:
            future = asyncio.get_running_loop().run_in_executor(self._thread, render_image, part)
            self._under_way[view] = future
            future.add_done_callback(lambda done: self._finish(view, done))
        # A caller that is cancelled must not take the image from the others that wait for it.
        return await asyncio.shield(future)

    def _finish(self, view: _View, done: asyncio.Future[bytes]) -> None:
        del self._under_way[view]
        if not done.cancelled() and done.exception() is None:
            self._rendered.put(view, done.result())


def sent_size(width: int, height: int, max_pixels: int, min_pixels: int = 0) -> tuple[int, int]:
    """Width and height in pixels at which an image of this size is sent: at most ``max_pixels``, shape kept.

    It has at least ``min_pixels``, unless these two leave no room between them.
    """
    if width * height < min_pixels:
        scale = math.sqrt(min_pixels / (width * height))
        width, height = math.ceil(width * scale), math.ceil(height * scale)
    if width * height <= max_pixels:
        return width, height
    scale = math.sqrt(max_pixels / (width * height))
    # A side below one pixel becomes one; the other then has to keep to the limit by itself.
    return min(max(1, int(width * scale)), max_pixels), min(max(1, int(height * scale)), max_pixels)


def render_image(part: ImagePart) -> bytes:
    """See ``ImageRenderer.render``.

    Raises:
        ImageError: If the file cannot be read or decoded, or is another one by now.
    """
    media_type, data = _original(part) or ("image/jpeg", _scaled_jpeg(part))
    return b'"data:%s;base64,%s"' % (media_type.encode(), base64.b64encode(data))


def _original(part: ImagePart) -> tuple[str, bytes] | None:
    """Media type and bytes of a file that shows just what the part does; None where it has to be redrawn.

    A file with EXIF data is redrawn, for the data may turn the image and tell where it was taken. So is one that is
    larger than its pixels. Trouble of any kind is left to the decoder, which explains it.
    """
    if part.crop is not None:
        return None
    try:
        with Image.open(part.path, formats=tuple(SENDABLE_FORMATS)) as image:
            media_type = SENDABLE_FORMATS.get(str(image.format))
            pixels = image.width * image.height
            is_plain = image.mode in ("RGB", "L") and not image.has_transparency_data and "exif" not in image.info
        if media_type is None or not is_plain or not part.min_pixels <= pixels <= part.max_pixels:
            return None
        if part.path.stat().st_size > 3 * pixels:
            return None
        data = part.path.read_bytes()
    except (OSError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError):
        return None
    return (media_type, data) if hashlib.sha256(data).hexdigest() == part.sha256 else None


def _scaled_jpeg(part: ImagePart) -> bytes:
    pixels = _cropped(cached_upright(part.path, part.sha256), part.crop)
    height, width = pixels.shape[:2]
    size = sent_size(width, height, part.max_pixels, part.min_pixels)
    if size != (width, height):
        # Averaging areas is best when shrinking and leaves blocks when enlarging.
        interpolation = cv2.INTER_AREA if size < (width, height) else cv2.INTER_CUBIC
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=interpolation), dtype=np.uint8)
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), JPEG_OPTIONS)
    return encoded.tobytes()


def _cropped(pixels: Pixels, crop: Box | None) -> Pixels:
    if crop is None:
        return pixels
    x0, y0, x1, y1 = crop
    height, width = pixels.shape[:2]
    if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
        raise ValueError(f"crop {list(crop)} is not within the image of {width}×{height} pixels")
    return pixels[y0:y1, x0:x1]
