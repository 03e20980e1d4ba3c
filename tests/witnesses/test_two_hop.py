"""The two-hop witness on given readings."""

from collections.abc import Callable
from typing import Any

import pytest

Fixture = Callable[..., Any]
STARS = {"category": "star", "colour": "red"}


@pytest.fixture
def scenes(reading: Fixture, figure: Fixture) -> Callable[..., list[dict[str, Any]]]:
    """Readings of images with so many red stars and these signs by colour."""
    return lambda *images: [reading(*[figure("star", "red")] * stars, signs=signs) for stars, signs in images]


@pytest.mark.parametrize(
    ("images", "answer"),
    [
        ([(1, {"blue": "AB3"}), (4, {"blue": "XYZ", "red": "QQ7"})], "XYZ"),
        ([(1, {"blue": "AB3"}), (1, {"blue": "XYZ"})], None),
        ([(1, {"blue": "AB3"}), (4, {"red": "XYZ"})], None),
        ([(1, {}), (4, {"blue": "XYZ"})], "XYZ"),
    ],
)
def test_sign_of_most_reads_the_sign_where_most_are(
    images: list[tuple[int, dict[str, str]]], answer: str | None, scenes: Fixture, testify_from_readings: Fixture
) -> None:
    terms = {"images": [0, 1], "sign_colour": "blue", **STARS}
    assert testify_from_readings("two-hop", "sign-of-most", scenes(*images), **terms).answer == answer


@pytest.mark.parametrize(
    ("images", "answer"),
    [
        ([(1, {"blue": "97"}), (4, {"blue": "120"})], "4"),
        ([(1, {"blue": "97"}), (4, {"blue": "35", "red": "120"})], "1"),
        ([(1, {"blue": "97"}), (4, {"blue": "97"})], None),
        ([(1, {"blue": "97"}), (4, {"blue": "ABC"})], None),
    ],
)
def test_count_at_largest_counts_where_the_largest_number_is(
    images: list[tuple[int, dict[str, str]]], answer: str | None, scenes: Fixture, testify_from_readings: Fixture
) -> None:
    terms = {"images": [0, 1], "sign_colour": "blue", **STARS}
    assert testify_from_readings("two-hop", "count-at-largest", scenes(*images), **terms).answer == answer


@pytest.mark.parametrize(
    ("images", "answer"),
    [
        ([(1, {"blue": "97"}), (4, {"red": "ABC"})], "4"),
        ([(1, {"blue": "ABC"}), (4, {"red": "ABC"})], None),
        ([(1, {"blue": "97"}), (4, {})], None),
    ],
)
def test_count_at_text_counts_where_the_text_is(
    images: list[tuple[int, dict[str, str]]], answer: str | None, scenes: Fixture, testify_from_readings: Fixture
) -> None:
    terms = {"images": [0, 1], "text": "ABC", **STARS}
    assert testify_from_readings("two-hop", "count-at-text", scenes(*images), **terms).answer == answer
