"""Which annotated objects are clear enough to be asked about; ``docs/annotated.md`` tells the rules."""

import itertools
from collections import defaultdict

from mifg_pipeline.items import Box, CorpusImage, ObjectAnnotation

_SMALLEST_SIDE = 28
"""Pixels; whoever annotates overlooks smaller things, and evidence must not be smaller."""
_LARGEST_SHARE = 0.05
"""Of the image; the evidence of a question about details is not larger."""
_MOST_OVERLAP = 0.3
"""Intersection over union from which two boxes may be one object."""
_MOSTLY_INSIDE = 0.7
"""Share of the smaller box from which it lies inside the other."""
_BORDER = 2
"""Pixels from the border within which a box counts as cut off."""


def unclear_categories(image: CorpusImage) -> set[str]:
    """The categories that are not asked about in this image, because somebody could count them otherwise.

    That is so where one of their objects is a crowd, tiny or large, and where two of them overlap strongly.
    """
    by_category: dict[str, list[ObjectAnnotation]] = defaultdict(list)
    for thing in image.objects:
        by_category[thing.category].append(thing)
    return {
        category
        for category, things in by_category.items()
        if not all(is_clear(thing, image) for thing in things)
        or any(overlap_strongly(one.bbox, other.bbox) for one, other in itertools.combinations(things, 2))
    }


def cut_off_categories(image: CorpusImage) -> set[str]:
    """The categories of which an object may go on beyond the border, so that its place and size are not known."""
    return {thing.category for thing in image.objects if is_cut_off(thing, image)}


def is_clear(thing: ObjectAnnotation, image: CorpusImage) -> bool:
    """Whether the object is neither a crowd nor tiny or large."""
    return not _is_crowd(thing) and not _is_tiny(thing) and not _is_large(thing, image)


def is_cut_off(thing: ObjectAnnotation, image: CorpusImage) -> bool:
    """Whether the object reaches to the border."""
    x0, y0, x1, y1 = thing.bbox
    return min(x0, y0) <= _BORDER or x1 >= image.width - _BORDER or y1 >= image.height - _BORDER


def overlap_strongly(one: Box, other: Box) -> bool:
    """Whether two boxes overlap by more than 0.3 (intersection over union), or one lies mostly inside the other."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return False
    shared, areas = width * height, (box_area(one), box_area(other))
    return shared > _MOST_OVERLAP * (sum(areas) - shared) or shared > _MOSTLY_INSIDE * min(areas)


def box_area(box: Box) -> int:
    """Square pixels."""
    return (box[2] - box[0]) * (box[3] - box[1])


def outlined_area(thing: ObjectAnnotation) -> float | None:
    """Square pixels within the object's outline, where the annotation tells (COCO's ``area``)."""
    area = thing.attributes.get("area")
    return float(area) if isinstance(area, int | float) else None


def _is_crowd(thing: ObjectAnnotation) -> bool:
    return bool(thing.attributes.get("iscrowd"))


def _is_tiny(thing: ObjectAnnotation) -> bool:
    x0, y0, x1, y1 = thing.bbox
    area = outlined_area(thing)
    return min(x1 - x0, y1 - y0) < _SMALLEST_SIDE or (area is not None and area < _SMALLEST_SIDE**2)


def _is_large(thing: ObjectAnnotation, image: CorpusImage) -> bool:
    return box_area(thing.bbox) > _LARGEST_SHARE * image.width * image.height
