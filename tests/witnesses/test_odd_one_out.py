"""The odd-one-out witness on given readings."""

from collections.abc import Callable
from typing import Any

import pytest

Fixture = Callable[..., Any]


@pytest.mark.parametrize(
    ("form", "numbers", "answer"),
    [
        ("which-lacks", (1, 0, 3), "Image 2"),
        ("which-lacks", (1, 2, 3), None),
        ("which-lacks", (0, 0, 3), None),
        ("which-alone", (0, 0, 2), "Image 3"),
        ("which-alone", (1, 0, 2), None),
        ("which-alone", (0, 0, 0), None),
    ],
)
def test_one_image_differs_from_all_others(
    form: str,
    numbers: tuple[int, ...],
    answer: str | None,
    reading: Fixture,
    figure: Fixture,
    testify_from_readings: Fixture,
) -> None:
    readings = [reading(figure("star", "blue"), *[figure("star", "red")] * number) for number in numbers]
    terms = {"images": [0, 1, 2], "category": "star", "colour": "red"}
    assert testify_from_readings("odd-one-out", form, readings, **terms).answer == answer
