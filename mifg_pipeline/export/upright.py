"""Image files for readers that do not look at the EXIF orientation."""

import io
from functools import lru_cache
from typing import Final

from PIL import Image

from mifg_pipeline.images.decoding import decode_upright

_ORIENTATION: Final = 0x0112
_KEPT: Final = 16
"""Files that are remembered with what was made of them: an image stands in many items."""


@lru_cache(maxsize=_KEPT)
def upright_file(content: bytes) -> bytes:
    """The file itself where its pixels stand upright; else a PNG file of the same pixels turned upright."""
    with Image.open(io.BytesIO(content)) as image:
        if image.getexif().get(_ORIENTATION, 1) == 1:
            return content
    file = io.BytesIO()
    decode_upright(content).save(file, "png")
    return file.getvalue()
