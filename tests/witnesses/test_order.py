"""The order witness on nested crops and growing edits."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import pytest

from mifg_pipeline.witnesses.witness import Pixels

Fixture = Callable[..., Any]
BOXES = [(30, 30, 90, 80), (300, 220, 360, 270), (480, 60, 540, 110)]


@pytest.fixture
def zoomed(texture: Fixture, as_jpeg: Fixture) -> Callable[..., list[Pixels]]:
    """Views from far to near; each shows the given share of the sides of the one before."""

    def views(seed: int, shares: Sequence[float]) -> list[Pixels]:
        rng = random.Random(seed)
        crops = [texture(seed, width=1200, height=900)]
        for share in shares:
            height, width = crops[-1].shape[:2]
            rows, columns = round(height * share), round(width * share)
            y, x = rng.randint(0, height - rows), rng.randint(0, width - columns)
            crops.append(crops[-1][y : y + rows, x : x + columns])
        return [as_jpeg(cv2.resize(crop, (600, 450), interpolation=cv2.INTER_AREA)) for crop in crops]

    return views


@pytest.fixture
def growing(texture: Fixture, edited: Fixture, as_jpeg: Fixture) -> list[Pixels]:
    """An image, and copies with the first, the first two and all three edits."""
    return [as_jpeg(edited(texture(3), *BOXES[:number])) for number in range(4)]


def _shuffled(views: Sequence[Pixels], seed: int) -> tuple[list[Pixels], str]:
    """The views in random order, and their true order in words."""
    places = list(range(len(views)))
    random.Random(seed).shuffle(places)
    return [views[place] for place in places], ", ".join(str(places.index(k) + 1) for k in range(len(views)))


@pytest.mark.parametrize("shares", [(0.7, 0.8), (0.8, 0.8, 0.8), (0.7, 0.7, 0.7)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_views_are_ordered_from_far_to_near(
    seed: int, shares: tuple[float, ...], zoomed: Fixture, testify: Fixture
) -> None:
    images, truth = _shuffled(zoomed(seed, shares), seed)
    assert testify("order", "by-zoom", images, images=list(range(len(images)))).answer == truth


def test_two_views_that_are_equally_close_have_no_order(zoomed: Fixture, testify: Fixture) -> None:
    testimony = testify("order", "by-zoom", zoomed(1, (0.75, 0.98)), images=[0, 1, 2])
    assert testimony.reason == "two of the views are about equally close"


def test_a_view_of_another_place_has_no_order(zoomed: Fixture, texture: Fixture, testify: Fixture) -> None:
    images = [*zoomed(1, (0.75,)), texture(9)]
    testimony = testify("order", "by-zoom", images, images=[0, 1, 2])
    assert testimony.reason == "Image 1 and Image 3 do not show the same place"


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("number", [3, 4])
def test_copies_are_ordered_by_their_edits(number: int, seed: int, growing: list[Pixels], testify: Fixture) -> None:
    images, truth = _shuffled(growing[:number], seed)
    original = int(truth.split(", ")[0]) - 1
    terms = {"images": list(range(number)), "original": original}
    assert testify("order", "by-edits", images, **terms).answer == truth


def test_a_copy_that_lost_an_earlier_edit_has_no_order(
    growing: list[Pixels], texture: Fixture, edited: Fixture, as_jpeg: Fixture, testify: Fixture
) -> None:
    images = [*growing[:2], as_jpeg(edited(texture(3), *BOXES[1:]))]
    testimony = testify("order", "by-edits", images, images=[0, 1, 2], original=0)
    assert testimony.reason == "Image 3 does not keep the edits of Image 2"


def test_a_copy_whose_earlier_edit_changed_again_has_no_order(
    growing: list[Pixels], as_jpeg: Fixture, testify: Fixture
) -> None:
    x0, y0, x1, y1 = BOXES[0]
    again = growing[2].copy()
    again[y0:y1, x0:x1] = np.roll(again[y0:y1, x0:x1], 1, axis=2)
    testimony = testify("order", "by-edits", [*growing[:2], as_jpeg(again)], images=[0, 1, 2], original=0)
    assert testimony.reason == "Image 3 does not keep the edits of Image 2"


@pytest.mark.parametrize("kept", [(0, 1, 3), (0, 1, 1), (0, 2, 3)])
def test_copies_without_one_edit_more_each_have_no_order(
    kept: tuple[int, ...], growing: list[Pixels], testify: Fixture
) -> None:
    testimony = testify("order", "by-edits", [growing[k] for k in kept], images=[0, 1, 2], original=0)
    assert testimony.reason == "the copies do not have one edit, two edits and so on"
