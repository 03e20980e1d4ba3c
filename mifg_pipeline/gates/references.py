"""Names of images in text: "Image 2", "Images 1–3", "Images 1, 2 and 4"."""

import re
from collections.abc import Callable, Iterator

_ELEMENT = r"\d{1,3}(?:\s*(?:[-–—]|to|through)\s*\d{1,3})?"
# Only the plural starts a list, and "and" ends it: "In Image 2, 3 circles …", "In Images 1 and 2, 5 circles …".
_REFERENCE = re.compile(
    rf"\bimages\s+{_ELEMENT}(?:\s*,\s*(?:{_ELEMENT})(?!\w))*(?:\s*,?\s*(?:and|or|&)\s*(?:{_ELEMENT})(?!\w))?"
    r"|\bimage\s+\d{1,3}(?!\w)",
    re.IGNORECASE | re.ASCII,
)
_RANGE = re.compile(r"(\d+)(?:\s*(?:[-–—]|to|through)\s*(\d+))?", re.IGNORECASE | re.ASCII)
_WORD = re.compile(r"\w+\s+")
_OR = re.compile(r"\bor\b", re.IGNORECASE)
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


def renumbered(text: str, new_number: Callable[[int], int]) -> str:
    """The text with every image that it names under another number; ranges are written out as lists.

    The numbers of a list keep their places, for their order may matter ("the details in Images 2 and 5, in this
    order").
    """
    return _REFERENCE.sub(lambda reference: _renumbered_reference(reference.group(), new_number), text)


def _renumbered_reference(reference: str, new_number: Callable[[int], int]) -> str:
    word = _WORD.match(reference)
    *before, last = [str(new_number(number)) for number in _numbers(reference)]
    conjunction = "or" if _OR.search(reference) else "and"
    listed = f"{', '.join(before)} {conjunction} {last}" if before else last
    return f"{word.group() if word else ''}{listed}"


def _numbers(reference: str) -> Iterator[int]:
    for match in _RANGE.finditer(reference):
        first = int(match[1])
        yield from range(first, int(match[2] or first) + 1)
