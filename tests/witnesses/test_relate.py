"""The relate witness on given readings."""

from collections.abc import Callable
from typing import Any

import pytest

Fixture = Callable[..., Any]
ANCHOR = {"anchor_category": "heart", "anchor_colour": "green"}
SIZE = (1000, 500)


def _around(x: int, y: int) -> tuple[int, int, int, int]:
    return x - 20, y - 20, x + 20, y + 20


@pytest.fixture
def scene(reading: Fixture, figure: Fixture) -> Callable[..., list[dict[str, Any]]]:
    """Readings of an image without the anchor, and of one with it at (500, 250) among (category, colour, x, y)."""

    def readings(*figures: tuple[str, str, int, int]) -> list[dict[str, Any]]:
        placed = [figure(category, colour, box=_around(x, y)) for category, colour, x, y in figures]
        anchor = figure("heart", "green", box=_around(500, 250))
        return [reading(figure("star", "red")), reading(*placed, anchor)]

    return readings


@pytest.mark.parametrize(
    ("figures", "answer"),
    [
        ([("star", "red", 500, 350), ("ring", "blue", 400, 150)], "red star"),
        ([("star", "red", 500, 350), ("ring", "blue", 440, 250)], "blue ring"),
        ([("star", "red", 500, 350), ("star", "red", 500, 151), ("ring", "blue", 300, 250)], "red star"),
        ([("star", "red", 500, 350), ("sign", "blue", 440, 250)], "red star"),
        ([("star", "red", 500, 350), ("star", "blue", 500, 145)], None),
        ([], None),
    ],
)
def test_nearest_names_the_shape_whose_centre_is_clearly_nearest(
    figures: list[tuple[str, str, int, int]], answer: str | None, scene: Fixture, testify_from_readings: Fixture
) -> None:
    testimony = testify_from_readings("relate", "nearest", scene(*figures), images=[0, 1], **ANCHOR)
    assert testimony.answer == answer


@pytest.mark.parametrize(
    ("figures", "answer"),
    [
        ([("star", "red", 400, 10)], "left"),
        ([("star", "red", 560, 490)], "right"),
        ([("star", "red", 515, 10)], None),
        ([("star", "red", 400, 10), ("star", "red", 300, 10)], None),
        ([("star", "blue", 400, 10)], None),
    ],
)
def test_which_side_looks_only_at_the_image_with_the_anchor(
    figures: list[tuple[str, str, int, int]], answer: str | None, scene: Fixture, testify_from_readings: Fixture
) -> None:
    terms = {"images": [0, 1], "category": "star", "colour": "red", **ANCHOR}
    testimony = testify_from_readings("relate", "which-side", scene(*figures), size=SIZE, **terms)
    assert testimony.answer == answer


def test_two_anchors_in_one_image_give_no_answer(scene: Fixture, testify_from_readings: Fixture) -> None:
    readings = scene(("heart", "green", 100, 100), ("star", "red", 500, 350))
    testimony = testify_from_readings("relate", "nearest", readings, images=[0, 1], **ANCHOR)
    assert testimony.reason == "the image shows 2 figures of the kind green heart, not one"
