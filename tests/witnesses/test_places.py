"""Naming of quarters and cells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.witnesses.places import cell_name, image_name, quarter_name


def test_images_are_numbered_from_one() -> None:
    assert image_name(0) == "Image 1"


@pytest.mark.parametrize(
    ("x", "y", "name"),
    [(10, 10, "upper left"), (590, 10, "upper right"), (10, 390, "lower left"), (590, 390, "lower right")],
)
def test_each_corner_lies_in_its_quarter(x: int, y: int, name: str) -> None:
    assert quarter_name(x, y, 600, 400, margin=5) == name


@pytest.mark.parametrize(
    ("x", "y", "name"),
    [
        (100, 60, "top left"),
        (300, 60, "top centre"),
        (500, 60, "top right"),
        (100, 200, "middle left"),
        (300, 200, "centre"),
        (500, 200, "middle right"),
        (100, 340, "bottom left"),
        (300, 340, "bottom centre"),
        (500, 340, "bottom right"),
    ],
)
def test_the_middle_of_each_cell_has_its_name(x: int, y: int, name: str) -> None:
    assert cell_name(x, y, 600, 400, margin=5) == name


@given(st.floats(0, 600), st.floats(0, 400))
def test_a_point_has_no_cell_exactly_when_it_is_near_a_line(x: float, y: float) -> None:
    nearest = min(abs(x - 200), abs(x - 400), abs(y - 400 / 3), abs(y - 800 / 3))
    assert (cell_name(x, y, 600, 400, margin=7) is None) == (nearest < 7)
