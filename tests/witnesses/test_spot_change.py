"""The spot-change witness on edits of known places."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mifg_pipeline.witnesses.difference import changes, consensus
from mifg_pipeline.witnesses.witness import Pixels

Fixture = Callable[..., Any]
Boxes = list[tuple[int, int, int, int]]


@pytest.fixture
def pair(texture: Fixture, edited: Fixture, as_jpeg: Fixture) -> Callable[..., list[Pixels]]:
    """An image and a copy with edits at the boxes, both through the same JPEG encoder."""
    image = texture(3)
    return lambda *boxes: [as_jpeg(image), as_jpeg(edited(image, *boxes))]


def _boxes_apart(rng: random.Random, number: int) -> Boxes:
    places = rng.sample([(column, row) for column in range(4) for row in range(3)], number)
    return [(x := 160 * column + 30, y := 160 * row + 30, x + 60, y + 50) for column, row in places]


def test_a_change_is_located_to_the_block(pair: Fixture) -> None:
    (change,) = changes(*pair((200, 160, 264, 208)))
    assert change.clear
    assert change.box == (200, 160, 264, 208)


def test_equal_images_show_no_change(pair: Fixture) -> None:
    assert changes(*pair()) == []


def test_the_noise_of_one_encoding_is_no_clear_change(texture: Fixture, as_jpeg: Fixture) -> None:
    image = texture(4)
    assert not any(change.clear for change in changes(image, as_jpeg(image)))


@pytest.mark.parametrize("number", range(6))
def test_edits_are_counted(number: int, pair: Fixture, testify: Fixture) -> None:
    rng = random.Random(number)
    for _ in range(3):
        images = pair(*_boxes_apart(rng, number))
        testimony = testify("spot-change", "how-many-edits", images, original=0, edited=1)
        assert testimony.answer == str(number)


def test_a_slight_difference_gives_no_count(texture: Fixture, as_jpeg: Fixture, testify: Fixture) -> None:
    image = texture(3)
    faint = image.copy()
    faint[100:180, 100:180] += 3
    images = [as_jpeg(image), as_jpeg(faint)]
    testimony = testify("spot-change", "how-many-edits", images, original=0, edited=1)
    assert (testimony.answer, testimony.reason) == (None, "a difference is too slight to tell an edit from noise")


@pytest.mark.parametrize(
    ("box", "cell"),
    [((20, 20, 80, 70), "top left"), ((300, 200, 350, 250), "centre"), ((500, 400, 560, 450), "bottom right")],
)
def test_which_cell_names_the_cell_of_the_edit(
    box: tuple[int, int, int, int], cell: str, pair: Fixture, testify: Fixture
) -> None:
    assert testify("spot-change", "which-cell", pair(box), original=0, edited=1).answer == cell


def test_which_cell_is_silent_on_the_dividing_line(pair: Fixture, testify: Fixture) -> None:
    images = pair((300, 130, 348, 190))
    assert (
        testify("spot-change", "which-cell", images, original=0, edited=1).reason == "the change lies between two cells"
    )


def test_which_cell_is_silent_on_two_edits(pair: Fixture, testify: Fixture) -> None:
    images = pair((20, 20, 80, 70), (300, 200, 350, 250))
    assert testify("spot-change", "which-cell", images, original=0, edited=1).reason == "2 changes are seen, not one"


@pytest.mark.parametrize("number", [3, 4, 5])
def test_the_unedited_copy_is_found(
    number: int, texture: Fixture, edited: Fixture, as_jpeg: Fixture, testify: Fixture
) -> None:
    rng = random.Random(number)
    image = texture(3)
    boxes = _boxes_apart(rng, number)
    for unedited in range(number):
        copies = [as_jpeg(image if k == unedited else edited(image, box)) for k, box in enumerate(boxes)]
        testimony = testify("spot-change", "which-unedited", copies, copies=list(range(number)))
        assert testimony.answer == f"Image {unedited + 1}"


def test_no_copy_is_the_unedited_one_when_all_are_edited(
    texture: Fixture, edited: Fixture, as_jpeg: Fixture, testify: Fixture
) -> None:
    boxes = _boxes_apart(random.Random(1), 4)
    copies = [as_jpeg(edited(texture(3), box)) for box in boxes]
    testimony = testify("spot-change", "which-unedited", copies, copies=[0, 1, 2, 3])
    assert (testimony.answer, testimony.reason) == (None, "0 of the copies show no change")


def test_two_copies_have_no_majority(pair: Fixture, testify: Fixture) -> None:
    images = pair((20, 20, 80, 70))
    assert testify("spot-change", "which-unedited", images, copies=[0, 1]).answer is None


def test_the_higher_edit_is_found_in_either_order(
    texture: Fixture, edited: Fixture, as_jpeg: Fixture, testify: Fixture
) -> None:
    image = texture(3)
    high, low = as_jpeg(edited(image, (30, 60, 90, 110))), as_jpeg(edited(image, (400, 130, 460, 180)))
    terms = {"original": 0, "edited": [1, 2]}
    assert testify("spot-change", "which-higher", [as_jpeg(image), high, low], **terms).answer == "Image 2"
    assert testify("spot-change", "which-higher", [as_jpeg(image), low, high], **terms).answer == "Image 3"


def test_edits_of_equal_height_have_no_higher_one(
    texture: Fixture, edited: Fixture, as_jpeg: Fixture, testify: Fixture
) -> None:
    image = texture(3)
    copies = [as_jpeg(edited(image, box)) for box in ((30, 64, 90, 112), (400, 72, 460, 120))]
    testimony = testify("spot-change", "which-higher", [as_jpeg(image), *copies], original=0, edited=[1, 2])
    assert testimony.reason == "the changes are about equally high"


def test_images_of_different_size_are_not_compared(texture: Fixture, testify: Fixture) -> None:
    images = [texture(1), texture(1, width=600)]
    assert testify("spot-change", "which-cell", images, original=0, edited=1).reason == "the images differ in size"


@pytest.mark.parametrize("number", [3, 4, 5, 6])
def test_the_consensus_is_the_lower_median(number: int) -> None:
    copies = np.random.default_rng(number).integers(0, 256, (number, 5, 7, 3), dtype=np.uint8)
    expected = np.sort(copies, axis=0)[(number - 1) // 2]
    assert np.array_equal(consensus(list(copies)), expected)
