"""How a reader names images and places in them."""

from collections.abc import Sequence

_QUARTERS = (("upper left", "upper right"), ("lower left", "lower right"))
_CELLS = (
    ("top left", "top centre", "top right"),
    ("middle left", "centre", "middle right"),
    ("bottom left", "bottom centre", "bottom right"),
)


def image_name(index: int) -> str:
    """The 0-based image as people call it: "Image 1" is the first."""
    return f"Image {index + 1}"


def quarter_name(x: float, y: float, width: int, height: int, margin: float) -> str | None:
    """Which quarter of a width x height image the point lies in; None within ``margin`` pixels of a dividing line."""
    return _grid_name(_QUARTERS, x, y, width, height, margin)


def cell_name(x: float, y: float, width: int, height: int, margin: float) -> str | None:
    """Which cell of the 3x3 grid the point lies in; None within ``margin`` pixels of a dividing line."""
    return _grid_name(_CELLS, x, y, width, height, margin)


def _grid_name(
    names: Sequence[Sequence[str]], x: float, y: float, width: int, height: int, margin: float
) -> str | None:
    column = _part(x, width, len(names[0]), margin)
    row = _part(y, height, len(names), margin)
    return None if column is None or row is None else names[row][column]


def _part(position: float, length: int, parts: int, margin: float) -> int | None:
    lines = (length * k / parts for k in range(1, parts))
    if any(abs(position - line) < margin for line in lines):
        return None
    return min(int(position * parts / length), parts - 1)
