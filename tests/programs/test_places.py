"""Quarters and cells tile the image; boxes in them keep their distance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.programs.places import cells, gap, inset, quarters

sides = st.integers(min_value=3, max_value=5000)


@given(sides, sides)
def test_parts_tile_the_image(width: int, height: int) -> None:
    for parts in (quarters(width, height), cells(width, height)):
        assert sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in parts.values()) == width * height
        assert all(0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height for x0, y0, x1, y1 in parts.values())


@pytest.mark.parametrize(
    ("name", "box"),
    [("top left", (0, 0, 100, 50)), ("centre", (100, 50, 200, 100)), ("bottom right", (200, 100, 300, 150))],
)
def test_cells_are_named_in_reading_order(name: str, box: tuple[int, int, int, int]) -> None:
    assert cells(300, 150)[name] == box


def test_upper_right_quarter_is_up_and_to_the_right() -> None:
    assert quarters(200, 100)["upper right"] == (100, 0, 200, 50)


@pytest.mark.parametrize(
    ("other", "distance"),
    [((20, 0, 30, 10), 10), ((0, 17, 10, 30), 7), ((5, 5, 20, 20), -5), ((13, 18, 20, 20), 8)],
)
def test_gap_is_measured_along_the_wider_axis(other: tuple[int, int, int, int], distance: int) -> None:
    assert gap((0, 0, 10, 10), other) == gap(other, (0, 0, 10, 10)) == distance


def test_inset_leaves_nothing_of_a_narrow_area() -> None:
    assert inset((0, 0, 100, 20), 10) is None
    assert inset((0, 0, 100, 21), 10) == (10, 10, 90, 11)
