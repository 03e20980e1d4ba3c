"""Image files that every reader decodes to the pixels that questions were made on.

Several readers ignore the EXIF orientation, show what lies under transparent pixels, or clip 16-bit grey to white.
"""

import io
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final

from PIL import ExifTags, Image

from mifg_pipeline.export.images import file_name
from mifg_pipeline.images.decoding import decode_upright
from mifg_pipeline.items import ImageRef

_PLAIN_MODES: Final = ("RGB", "L")
_KEPT: Final = 16
"""Files that are remembered with what was made of them: an image stands in many items."""


@lru_cache(maxsize=_KEPT)
def plain_file(content: bytes) -> bytes:
    """The file itself where it is upright, opaque and of 8-bit RGB or grey; else a PNG file of ``decode_upright``."""
    with Image.open(io.BytesIO(content)) as image:
        upright = image.getexif().get(ExifTags.Base.Orientation, 1) == 1
        if upright and image.mode in _PLAIN_MODES and not image.has_transparency_data:
            return content
    file = io.BytesIO()
    decode_upright(content).save(file, "png")
    return file.getvalue()


def plain_image(image: ImageRef, content: bytes) -> tuple[str, bytes]:
    """The name and the bytes of the plain file of an image.

    Args:
        image: The image.
        content: The bytes of its own file.
    """
    plain = plain_file(content)
    name = file_name(image)
    return (name if plain == content else f"{PurePosixPath(name).stem}.png"), plain
