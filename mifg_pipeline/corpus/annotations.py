"""What is said of an image: checked field by field, and fitted to the image's size."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeGuard

from mifg_pipeline.items import UNKNOWN_LICENSE, ObjectAnnotation

EDGE_SLACK: Final = 2
"""A box that sticks out of its image by up to so many pixels is clipped; annotation tools round."""

LARGEST_NUMBER: Final = 1e15

Complain = Callable[[str], None]
"""Takes the reason (``kind: detail``) why something said of an image is not used."""


class InvalidAnnotationError(ValueError):
    """Something said of an image cannot be used; the text is the reason."""


@dataclass(frozen=True, slots=True)
class DeclaredObject:
    """An object as declared, before the size of its image is known.

    Attributes:
        corners: x0, y0, x1, y1 in pixels, rounded outwards; may lie beyond the image.
        category: What it is.
        text: What is written on it.
        attributes: Flat.
    """

    corners: tuple[int, int, int, int]
    category: str
    text: str | None
    attributes: dict[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Annotation:
    """What is said of one image.

    Attributes:
        license: As declared, or ``unknown``.
        attribution: Who made the image.
        source: Where it came from.
        caption: What it shows.
        categories: Kinds of things in it.
        objects: Things in it, with their places.
        size: Width and height that the places refer to, where declared.
    """

    license: str = UNKNOWN_LICENSE
    attribution: str = ""
    source: str = ""
    caption: str = ""
    categories: tuple[str, ...] = ()
    objects: tuple[DeclaredObject, ...] = ()
    size: tuple[int, int] | None = None


def declare_object(bbox: object, category: object, text: object, attributes: object) -> DeclaredObject:
    """Checks one object.

    Args:
        bbox: ``[x, y, width, height]`` in pixels, whole or not.
        category: Non-empty text.
        text: Text or None.
        attributes: Flat mapping of text to text and finite numbers, or None.

    Raises:
        InvalidAnnotationError: If any of them is something else.
    """
    category = checked_text(category, "category")
    if not category:
        raise InvalidAnnotationError("category is empty")
    return DeclaredObject(
        corners=_corners(bbox),
        category=category,
        text=checked_text(text, "text") or None,
        attributes=_checked_attributes(attributes),
    )


def fit_objects(annotation: Annotation, width: int, height: int, complain: Complain) -> tuple[ObjectAnnotation, ...]:
    """Objects with their boxes clipped to the image.

    One box that does not fit spoils all of them: counts over a list with a hole would be wrong.

    Args:
        annotation: What is said of the image.
        width: Pixels of the upright image.
        height: Pixels of the upright image.
        complain: Told of every box that does not fit.
    """
    if annotation.objects and annotation.size not in (None, (width, height)):
        complain(f"declared size is not that of the upright image: {annotation.size} for {(width, height)}")
        return ()
    fitted: list[ObjectAnnotation] = []
    for declared in annotation.objects:
        x0, y0, x1, y1 = declared.corners
        box = (max(x0, 0), max(y0, 0), min(x1, width), min(y1, height))
        overhang = max(-x0, -y0, x1 - width, y1 - height)
        if overhang > EDGE_SLACK or box[2] <= box[0] or box[3] <= box[1]:
            complain(f"box out of bounds: {list(declared.corners)} in an image of {width}×{height}")
            continue
        fitted.append(
            ObjectAnnotation(bbox=box, category=declared.category, text=declared.text, attributes=declared.attributes)
        )
    return tuple(fitted) if len(fitted) == len(annotation.objects) else ()


def checked_text(value: object, name: str) -> str:
    """The value if it is text, "" for None.

    Raises:
        InvalidAnnotationError: If it is something else, or text that cannot be written down (lone surrogates).
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidAnnotationError(f"{name} is not text: {type(value).__name__}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidAnnotationError(f"{name} is not valid Unicode") from error
    return value


def text_field(record: Mapping[str, object], name: str, complain: Complain) -> str:
    """A field's text; "" where it is absent or, after a complaint, where it is no text."""
    try:
        return checked_text(record.get(name), name)
    except InvalidAnnotationError as error:
        complain(str(error))
        return ""


def _corners(bbox: object) -> tuple[int, int, int, int]:
    if not isinstance(bbox, list | tuple) or len(bbox) != 4 or not all(map(_is_number, bbox)):
        raise InvalidAnnotationError("box is not four finite numbers x, y, width, height")
    x, y, width, height = bbox
    # Three decimals first: dust such as 100.00000000000001, from scaled boxes, would round outwards to 101.
    low_x, low_y, high_x, high_y = (round(value, 3) for value in (x, y, x + width, y + height))
    corners = (math.floor(low_x), math.floor(low_y), math.ceil(high_x), math.ceil(high_y))
    if width <= 0 or height <= 0 or corners[2] <= corners[0] or corners[3] <= corners[1]:
        raise InvalidAnnotationError(f"box has no area: {[x, y, width, height]}")
    return corners


def _checked_attributes(attributes: object) -> dict[str, str | int | float]:
    if attributes is None:
        return {}
    if not isinstance(attributes, dict):
        raise InvalidAnnotationError(f"attributes are not a mapping: {type(attributes).__name__}")
    checked: dict[str, str | int | float] = {}
    for name, value in attributes.items():
        key = checked_text(name, "name of an attribute")
        if value is not None:
            checked[key] = value if _is_number(value) else checked_text(value, f"attribute {key}")
    return checked


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER
