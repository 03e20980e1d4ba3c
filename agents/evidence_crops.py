"""Cuts the evidence out of a draft's images, with some of what is around it."""

from collections.abc import Iterable

from mifg_pipeline.items import Box, Draft, ImageRef

_MARGIN = 0.5
"""Of a region's longer side: what is shown around it on each side, so that one sees what it belongs to."""
_LEAST_SIDE = 112
"""Pixels; models see little in smaller crops."""
_MOST_CROPS = 4
"""Per image; where there would be more, one crop shows all its evidence."""


def evidence_crops(draft: Draft) -> tuple[tuple[int, Box], ...]:
    """Crops that show all evidence of a draft, in order of the images: (index of the image, window).

    Windows that overlap are joined, so that nothing is seen, or counted, twice.
    """
    crops: list[tuple[int, Box]] = []
    for index, image in enumerate(draft.images):
        windows = _joined([_window(region.bbox, image) for region in draft.evidence if region.image == index])
        if len(windows) > _MOST_CROPS:
            windows = [_hull(windows)]
        crops += [(index, window) for window in windows]
    return tuple(crops)


def _window(box: Box, image: ImageRef) -> Box:
    """The box with its margin, at least of the least side, within the image where that is large enough."""
    margin = _MARGIN * max(box[2] - box[0], box[3] - box[1])
    x0, x1 = _span(box[0], box[2], margin, image.width)
    y0, y1 = _span(box[1], box[3], margin, image.height)
    return (x0, y0, x1, y1)


def _span(start: int, end: int, margin: float, limit: int) -> tuple[int, int]:
    widening = max(margin, (_LEAST_SIDE - (end - start)) / 2)
    low, high = round(start - widening), round(end + widening)
    shift = max(0, -low) - max(0, high - limit)
    return max(0, low + shift), min(limit, high + shift)


def _joined(windows: list[Box]) -> list[Box]:
    """The windows, those that overlap replaced by their hull, until none do; sorted."""
    joined: list[Box] = []
    for window in windows:
        grown = window
        while touching := [other for other in joined if _overlap(grown, other)]:
            joined = [other for other in joined if other not in touching]
            grown = _hull([grown, *touching])
        joined.append(grown)
    return sorted(joined)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _hull(windows: Iterable[Box]) -> Box:
    x0, y0, x1, y1 = zip(*windows, strict=True)
    return (min(x0), min(y0), max(x1), max(y1))
