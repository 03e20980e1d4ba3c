"""Images that stand in a text as base64, the way tables and annotation files of benchmarks carry them."""

import base64
import re
from collections.abc import Iterator
from mmap import mmap
from typing import Final

_SIGNATURES: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"GIF8", b"II*\0", b"MM\0*", b"\0\0\0\x0cjP  ")
"""What files of JPEG, PNG, WebP, GIF, TIFF (of both byte orders) and JPEG 2000 begin with."""

_AVIF: Final = rb"AAAA[A-Za-z0-9+/]GZ0eXBhdm"
"""``ftypav`` after the length of its box, in base64."""

_LEAST: Final = 64
"""Characters after a signature: no image has fewer."""


def _beginning(signature: bytes) -> bytes:
    """The characters of its base64 that do not depend on what follows."""
    return re.escape(base64.b64encode(signature)[: len(signature) * 8 // 6])


_ENCODED: Final = re.compile(
    rb"(?<![A-Za-z0-9+/])(?:%b)[A-Za-z0-9+/]{%d,}" % (b"|".join([*map(_beginning, _SIGNATURES), _AVIF]), _LEAST)
)


def encoded_images(text: bytes | mmap) -> Iterator[tuple[int, bytes]]:
    """Where each image begins in a text, and its bytes; nothing but the images themselves is held in memory."""
    for found in _ENCODED.finditer(text):
        digits = found[0]
        whole = len(digits) - len(digits) % 4
        rest = digits[whole:] if len(digits) % 4 > 1 else b""  # a single digit is no byte
        yield found.start(), base64.b64decode(digits[:whole] + (rest and rest.ljust(4, b"=")))
