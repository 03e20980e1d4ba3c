"""Parts of an image that questions name: its quarters and the cells of a 3x3 grid, and boxes within them."""

from collections.abc import Mapping, Sequence

from mifg_pipeline.items import Box

_QUARTERS = (("upper left", "upper right"), ("lower left", "lower right"))
_CELLS = (
    ("top left", "top centre", "top right"),
    ("middle left", "centre", "middle right"),
    ("bottom left", "bottom centre", "bottom right"),
)


def quarters(width: int, height: int) -> dict[str, Box]:
    """The quarters of a width x height image by name, in reading order."""
    return _grid(_QUARTERS, width, height)


def cells(width: int, height: int) -> dict[str, Box]:
    """The cells of a 3x3 grid over a width x height image by name, in reading order."""
    return _grid(_CELLS, width, height)


def margin(side: int) -> int:
    """How far a window of that side keeps from the borders of its part, so that no eye doubts which part it is in."""
    return max(6, side // 6)


def inset(area: Box, distance: int) -> Box | None:
    """The area without a rim of that width; None if nothing is left."""
    x0, y0, x1, y1 = area
    if x1 - x0 <= 2 * distance or y1 - y0 <= 2 * distance:
        return None
    return (x0 + distance, y0 + distance, x1 - distance, y1 - distance)


def gap(one: Box, other: Box) -> int:
    """Pixels between two boxes along the axis on which they are further apart; negative if they overlap."""
    horizontal = max(one[0], other[0]) - min(one[2], other[2])
    vertical = max(one[1], other[1]) - min(one[3], other[3])
    return max(horizontal, vertical)


def keeps_apart(box: Box, others: Sequence[Box] | Mapping[str, Box], distance: int) -> bool:
    """Whether the box lies at least ``distance`` pixels from each of the others."""
    boxes = others.values() if isinstance(others, Mapping) else others
    return all(gap(box, other) >= distance for other in boxes)


def _grid(names: Sequence[Sequence[str]], width: int, height: int) -> dict[str, Box]:
    rows, columns = len(names), len(names[0])
    return {
        name: (
            width * column // columns,
            height * row // rows,
            width * (column + 1) // columns,
            height * (row + 1) // rows,
        )
        for row, line in enumerate(names)
        for column, name in enumerate(line)
    }
