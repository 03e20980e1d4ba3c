"""Image files that every reader decodes to the pixels that questions were made on.

Several readers ignore the EXIF orientation, show what lies under transparent pixels, or clip 16-bit grey to white.
"""

import io
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
from PIL import Image

from mifg_pipeline.export.images import file_name
from mifg_pipeline.images.decoding import decode_upright, is_plain
from mifg_pipeline.items import ImageRef

_COMPRESSION: Final = 1
"""Of zlib; 6 takes four times as long for files that are a tenth smaller."""


class PlainImages:
    """Makes PNG files of the images that are not plain as they are, each once; they are kept on disk.

    Args:
        folder: For those files, not there yet.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._plain: dict[tuple[str, bool], bool] = {}
        folder.mkdir()

    def file(self, image: ImageRef, content: bytes, *, turned: bool = False) -> tuple[str, bytes]:
        """The name and the bytes of the plain file of an image.

        Args:
            image: The image.
            content: The bytes of its own file, which is taken where it is plain.
            turned: Whether the reader applies the EXIF orientation.
        """
        key = (image.sha256, turned)
        if key not in self._plain:
            self._plain[key] = is_plain(content, turned=turned)
        name = file_name(image)
        return (name, content) if self._plain[key] else (f"{PurePosixPath(name).stem}.png", self._png(image, content))

    def bytes_of(self, images: Sequence[ImageRef], contents: Sequence[bytes]) -> list[bytes]:
        """The bytes of the plain files of images, from those of their own files."""
        return [self.file(image, content)[1] for image, content in zip(images, contents, strict=True)]

    def _png(self, image: ImageRef, content: bytes) -> bytes:
        path = self._folder / image.sha256
        if not path.exists():
            # Of the pixels alone: a colour profile in the file was that of the pixels before.
            pixels = Image.fromarray(np.asarray(decode_upright(content)))
            buffer = io.BytesIO()
            pixels.save(buffer, "png", compress_level=_COMPRESSION)
            path.write_bytes(buffer.getvalue())
        return path.read_bytes()
