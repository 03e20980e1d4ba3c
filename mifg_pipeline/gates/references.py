"""Names of images in text: "Image 2", "Images 1–3", "Images 1, 2 and 4"."""

import re
from collections.abc import Iterator

_ELEMENT = r"\d{1,3}(?:\s*(?:[-–—]|to|through)\s*\d{1,3})?"
# Only the plural starts a list, and "and" ends it: "In Image 2, 3 circles …", "In Images 1 and 2, 5 circles …".
_REFERENCE = re.compile(
    rf"\bimages\s+{_ELEMENT}(?:\s*,\s*(?:{_ELEMENT})(?!\w))*(?:\s*,?\s*(?:and|or|&)\s*(?:{_ELEMENT})(?!\w))?"
    r"|\bimage\s+\d{1,3}(?!\w)",
    re.IGNORECASE | re.ASCII,
)
_RANGE = re.compile(r"(\d+)(?:\s*(?:[-–—]|to|through)\s*(\d+))?", re.IGNORECASE | re.ASCII)
_COLLECTIVE = re.compile(r"(?<!\bthis )(?<!\bthat )(?<!\bsame )\bimages?\b(?!\s+\d)", re.IGNORECASE | re.ASCII)


def named_images(text: str) -> set[int]:
    """Numbers (1-based) of the images that a text names, alone, in lists or in ranges."""
    return {number for reference in _REFERENCE.finditer(text) for number in _numbers(reference.group())}


def speaks_of_all_images(text: str) -> bool:
    """Whether the text speaks of images without a number: "all images", "which image", "the image that …".

    "This image", "that image" and "the same image" point back at one that was named.
    """
    return _COLLECTIVE.search(text) is not None


def without_references(text: str, substitute: str) -> str:
    """The text with every name of images replaced."""
    return _REFERENCE.sub(substitute, text)


def _numbers(reference: str) -> Iterator[int]:
    for match in _RANGE.finditer(reference):
        first = int(match[1])
        yield from range(first, int(match[2] or first) + 1)
