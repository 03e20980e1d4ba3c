"""What the page shows of images: scaled down, or a part at native pixels; always encoded anew from decoded pixels."""

import hashlib
import io
import os
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

from PIL import Image, ImageOps

from mifg_pipeline.corpus.pixels import ImageError, cached_upright
from mifg_pipeline.images.decoding import MAX_PIXELS, UnusableImage, decode_upright, read_image_file
from mifg_pipeline.items import Box

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"

_SUFFIXES: Final = {".jpg": JPEG, ".png": PNG}
_JPEG_START: Final = b"\xff\xd8\xff"
_QUALITY: Final = 90


class Picture(NamedTuple):
    """An encoded image.

    Attributes:
        data: Its bytes.
        media_type: ``image/jpeg`` or ``image/png``.
    """

    data: bytes
    media_type: str


class Renditions:
    """Makes renditions on a few threads and keeps them on disk; whoever asks for one in the making waits for it.

    Args:
        folder: Where they are kept; it can be deleted at any time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._threads = ThreadPoolExecutor(len(os.sched_getaffinity(0)), "rendition")
        self._lock = Lock()
        self._making: dict[tuple[str, int], Future[Picture]] = {}

    def whole(self, path: Path, sha256: str, side: int) -> Future[Picture]:
        """The image, upright, its longer side at most ``side`` pixels; never enlarged.

        Args:
            path: Its file.
            sha256: Digest of its bytes.
            side: Pixels.

        Returns:
            Raises ``ImageError`` if the file cannot be read or decoded, or is another one by now.
        """
        key = (sha256, side)
        with self._lock:
            if key in self._making:
                return self._making[key]
            future = self._making[key] = self._threads.submit(self._whole, path, sha256, side)
        future.add_done_callback(lambda _: self._making.pop(key, None))
        return future

    def part(self, path: Path, sha256: str, box: Box, scale: float) -> Future[Picture]:
        """A part of the image.

        Args:
            path: Its file.
            sha256: Digest of its bytes.
            box: In pixels of the upright original, inside it.
            scale: Pixels of the picture for one of the original.
        """
        return self._threads.submit(_part, path, sha256, box, scale)

    def close(self) -> None:
        """Ends the threads when they are done."""
        self._threads.shutdown()

    def _whole(self, path: Path, sha256: str, side: int) -> Picture:
        for suffix, media_type in _SUFFIXES.items():
            try:
                return Picture(self._kept(sha256, side, suffix).read_bytes(), media_type)
            except OSError:  # not kept
                continue
        picture = _scaled(path, sha256, side)
        self._keep(self._kept(sha256, side, ".png" if picture.media_type == PNG else ".jpg"), picture.data)
        return picture

    def _kept(self, sha256: str, side: int, suffix: str) -> Path:
        return self._folder / f"{sha256}-{side}{suffix}"

    def _keep(self, path: Path, data: bytes) -> None:
        """Not forced to disk, for it can be made again; where the disk is full, it is, each time it is asked for."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self._folder)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                Path(name).replace(path)
            except OSError:
                Path(name).unlink()


def _scaled(path: Path, sha256: str, side: int) -> Picture:
    try:
        data = read_image_file(path)
    except (OSError, UnusableImage) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ImageError(path, f"cannot be read ({reason})", "Restore the file.") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ImageError(path, "has changed since the run was made", "Restore the file.")
    try:
        is_jpeg = data.startswith(_JPEG_START)
        image = _reduced_jpeg(data, side) if is_jpeg else decode_upright(data)
    except UnusableImage as error:
        raise ImageError(path, f"cannot be used as an image ({error})", "Restore the file.") from error
    is_scaled = max(image.size) > side
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return _encoded(image, PNG if not is_jpeg and not is_scaled else JPEG)


def _reduced_jpeg(data: bytes, side: int) -> Image.Image:
    """Decodes a JPEG upright to RGB, at 1/2, 1/4 or 1/8 of its size where the longer side keeps ``side`` pixels.

    The decoder leaves out the finest cosines, so this takes a fraction of the time of the whole.

    Raises:
        UnusableImage: If the bytes are no image, truncated, damaged or beyond ``MAX_PIXELS``.
    """
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=("JPEG",))
        if image.width * image.height > MAX_PIXELS:
            raise UnusableImage(f"too large: {image.width}×{image.height}, over {MAX_PIXELS} pixels")
        shrink = max(image.size) / side
        image.draft(None, (int(image.width / shrink), int(image.height / shrink)))
        ImageOps.exif_transpose(image, in_place=True)
        return image.convert("RGB")
    except (UnusableImage, MemoryError):
        raise
    except Exception as error:
        # Damaged files make the decoder raise about anything, as in `decode_upright`.
        raise UnusableImage(f"undecodable: {error or type(error).__name__}") from error


def _part(path: Path, sha256: str, box: Box, scale: float) -> Picture:
    pixels = cached_upright(path, sha256)
    x0, y0, x1, y1 = box
    image = Image.fromarray(pixels[y0:y1, x0:x1])
    if scale != 1:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS)
    return _encoded(image, PNG)


def _encoded(image: Image.Image, media_type: str) -> Picture:
    buffer = io.BytesIO()
    if media_type == PNG:
        image.save(buffer, "PNG", compress_level=1)
    else:
        image.save(buffer, "JPEG", quality=_QUALITY, subsampling=0)
    return Picture(buffer.getvalue(), media_type)
