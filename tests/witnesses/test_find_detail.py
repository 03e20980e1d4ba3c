"""The find-detail witness on details cut from known places."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mifg_pipeline.witnesses.template import matches, window_sides
from mifg_pipeline.witnesses.witness import Pixels

Fixture = Callable[..., Any]
QUARTERS = (("upper left", "upper right"), ("lower left", "lower right"))


def test_window_sides_are_the_whole_divisors() -> None:
    assert window_sides(np.zeros((384, 384, 3), np.uint8)) == (96, 64, 48, 32)


def test_an_oblong_detail_has_no_window_side() -> None:
    assert window_sides(np.zeros((384, 400, 3), np.uint8)) == ()


@pytest.mark.parametrize(("side", "factor"), [(32, 11), (48, 8), (64, 6), (84, 4), (96, 4)])
def test_the_exact_window_is_found(texture: Fixture, magnified: Fixture, side: int, factor: int) -> None:
    images = {key: texture(key) for key in range(3)}
    best = matches(magnified(images[1], 301, 187, side, factor), images)[0]
    assert (best.image, best.x, best.y, best.side) == (1, 301, 187, side)


def test_which_image_is_right_or_silent_on_random_details(
    texture: Fixture, magnified: Fixture, testify: Fixture
) -> None:
    rng = random.Random(5)
    images: list[Pixels] = [texture(seed) for seed in range(3)]
    answers = []
    for _ in range(30):
        true = rng.randrange(3)
        detail = magnified(images[true], rng.randrange(580), rng.randrange(420), 56, 6)
        answers.append(
            (testify("find-detail", "which-image", [*images, detail], query=3, candidates=[0, 1, 2]).answer, true)
        )
    assert all(answer == f"Image {true + 1}" for answer, true in answers)


def test_which_quarter_names_image_and_quarter(texture: Fixture, magnified: Fixture, testify: Fixture) -> None:
    images = [texture(1), texture(2)]
    for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
        detail = magnified(images[1], 100 + 320 * column, 80 + 240 * row, 48, 8)
        testimony = testify("find-detail", "which-quarter", [*images, detail], query=2, candidates=[0, 1])
        assert testimony.answer == f"Image 2, {QUARTERS[row][column]}"


def test_which_quarter_is_silent_on_the_dividing_line(texture: Fixture, magnified: Fixture, testify: Fixture) -> None:
    image = texture(1)
    detail = magnified(image, 320 - 24, 80, 48, 8)
    testimony = testify("find-detail", "which-quarter", [image, detail], query=1, candidates=[0])
    assert (testimony.answer, testimony.reason) == (None, "the detail lies between two quarters")


def test_which_cell_names_the_cell(texture: Fixture, magnified: Fixture, testify: Fixture) -> None:
    image = texture(1)
    detail = magnified(image, 300, 380, 48, 8)
    assert testify("find-detail", "which-cell", [image, detail], query=1, candidate=0).answer == "bottom centre"


def test_two_details_are_listed_in_the_order_of_the_queries(
    texture: Fixture, magnified: Fixture, testify: Fixture
) -> None:
    images = [texture(seed) for seed in range(3)]
    details = [magnified(images[2], 40, 300, 64, 6), magnified(images[0], 400, 30, 96, 4)]
    testimony = testify("find-detail", "two-details", [*images, *details], queries=[3, 4], candidates=[0, 1, 2])
    assert testimony.answer == "3, 1"


def test_a_detail_that_occurs_in_two_images_gives_no_answer(
    texture: Fixture, magnified: Fixture, testify: Fixture
) -> None:
    image, twin = texture(1), texture(2)
    twin[200:300, 200:300] = image[50:150, 400:500]
    detail = magnified(image, 420, 70, 48, 8)
    testimony = testify("find-detail", "which-image", [image, twin, detail], query=2, candidates=[0, 1])
    assert (testimony.answer, testimony.reason) == (None, "the detail is found in two places")


def test_a_detail_that_occurs_twice_in_one_image_has_no_cell(
    texture: Fixture, magnified: Fixture, testify: Fixture
) -> None:
    image = texture(1)
    image[300:400, 40:140] = image[50:150, 400:500]
    detail = magnified(image, 420, 70, 48, 8)
    assert testify("find-detail", "which-cell", [image, detail], query=1, candidate=0).answer is None


def test_a_detail_of_another_image_gives_no_answer(texture: Fixture, magnified: Fixture, testify: Fixture) -> None:
    detail = magnified(texture(9), 100, 100, 64, 6)
    testimony = testify("find-detail", "which-image", [texture(1), texture(2), detail], query=2, candidates=[0, 1])
    assert (testimony.answer, testimony.reason) == (None, "the detail is found nowhere")


def test_a_flat_detail_gives_no_answer(texture: Fixture, testify: Fixture) -> None:
    detail = np.full((384, 384, 3), 128, np.uint8)
    assert testify("find-detail", "which-image", [texture(1), detail], query=1, candidates=[0]).answer is None


def test_a_candidate_smaller_than_the_window_is_passed_over(
    texture: Fixture, magnified: Fixture, testify: Fixture
) -> None:
    image = texture(1)
    detail = magnified(image, 100, 100, 96, 4)
    tiny = texture(2, width=30, height=30)
    testimony = testify("find-detail", "which-image", [tiny, image, detail], query=2, candidates=[0, 1])
    assert testimony.answer == "Image 2"
