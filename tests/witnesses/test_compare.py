"""The compare witness on given readings."""

from collections.abc import Callable
from typing import Any

import pytest

Fixture = Callable[..., Any]
STARS = {"category": "star", "colour": None}
SIZE = (1000, 500)


@pytest.fixture
def with_stars(reading: Fixture, figure: Fixture) -> Callable[..., list[dict[str, Any]]]:
    """Readings of images with these numbers of stars, and a heart each."""
    return lambda *numbers: [reading(figure("heart", "red"), *[figure("star", "red")] * number) for number in numbers]


@pytest.fixture
def with_boxes(reading: Fixture, figure: Fixture) -> Callable[..., list[dict[str, Any]]]:
    """Readings of images with one star each, in these boxes."""
    return lambda *boxes: [reading(figure("star", "red", box=box)) for box in boxes]


@pytest.mark.parametrize(("numbers", "answer"), [((1, 4, 3), "Image 2"), ((0, 0, 1), "Image 3"), ((3, 1, 3), None)])
def test_which_most(
    numbers: tuple[int, ...], answer: str | None, with_stars: Fixture, testify_from_readings: Fixture
) -> None:
    readings = with_stars(*numbers)
    assert testify_from_readings("compare", "which-most", readings, images=[0, 1, 2], **STARS).answer == answer


@pytest.mark.parametrize(("numbers", "answer"), [((2, 4, 1), "Image 3"), ((3, 1, 1), None), ((0, 1, 2), None)])
def test_which_fewest(
    numbers: tuple[int, ...], answer: str | None, with_stars: Fixture, testify_from_readings: Fixture
) -> None:
    readings = with_stars(*numbers)
    assert testify_from_readings("compare", "which-fewest", readings, images=[0, 1, 2], **STARS).answer == answer


@pytest.mark.parametrize(
    ("second", "answer"),
    [
        ((400, 10, 460, 60), "Image 2"),
        ((700, 10, 760, 60), "Image 1"),
        ((520, 10, 580, 60), None),
        # Its left edge is the farther left one, its centre is not.
        ((450, 10, 800, 60), None),
    ],
)
def test_which_leftmost(
    second: tuple[int, ...], answer: str | None, with_boxes: Fixture, testify_from_readings: Fixture
) -> None:
    readings = with_boxes((500, 400, 560, 460), second)
    testimony = testify_from_readings("compare", "which-leftmost", readings, size=SIZE, images=[0, 1], **STARS)
    assert testimony.answer == answer


@pytest.mark.parametrize(
    ("second", "answer"), [((0, 0, 150, 100), "Image 2"), ((0, 0, 60, 100), "Image 1"), ((0, 0, 110, 100), None)]
)
def test_which_largest(
    second: tuple[int, ...], answer: str | None, with_boxes: Fixture, testify_from_readings: Fixture
) -> None:
    readings = with_boxes((500, 300, 600, 400), second)
    testimony = testify_from_readings("compare", "which-largest", readings, size=SIZE, images=[0, 1], **STARS)
    assert testimony.answer == answer


@pytest.mark.parametrize("form", ["which-leftmost", "which-largest"])
@pytest.mark.parametrize("number", [0, 2])
def test_places_and_sizes_are_compared_of_single_figures_only(
    number: int, form: str, with_stars: Fixture, testify_from_readings: Fixture
) -> None:
    testimony = testify_from_readings("compare", form, with_stars(1, number), size=SIZE, images=[0, 1], **STARS)
    assert testimony.reason == f"the image shows {number} figures of the kind star, not one"


def test_a_doubtful_figure_forbids_comparing(reading: Fixture, figure: Fixture, testify_from_readings: Fixture) -> None:
    readings = [reading(figure("star", "red")), reading(figure("heart", "red", certainty=0.2))]
    assert testify_from_readings("compare", "which-most", readings, images=[0, 1], **STARS).answer is None
