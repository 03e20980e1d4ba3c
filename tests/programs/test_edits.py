"""Edits show, stay within their box and fade out towards its border."""

import random

import numpy as np
import pytest

from mifg_pipeline.programs import Picture
from mifg_pipeline.programs.edits import Edit, draw_edit, visible_change

BOX = (100, 120, 140, 160)


@pytest.fixture(scope="module")
def edits(textured_pictures: list[Picture]) -> list[tuple[np.ndarray, Edit]]:
    """Fifty edits with what their box showed before."""
    rng = random.Random(0)
    images = [rng.choice(textured_pictures).load() for _ in range(60)]
    drawn = [(image[120:160, 100:140], draw_edit(image, BOX, rng)) for image in images]
    return [(before, edit) for before, edit in drawn if edit is not None][:50]


def test_the_outermost_pixels_of_the_box_stay_as_they_were(edits) -> None:
    assert len(edits) == 50
    for before, edit in edits:
        inner = np.zeros((40, 40), bool)
        inner[1:-1, 1:-1] = True
        assert np.array_equal(before[~inner], edit.pixels[~inner])


def test_an_edit_changes_a_good_part_of_its_box_strongly(edits) -> None:
    for before, edit in edits:
        change = np.abs(before.astype(float) - edit.pixels).mean(axis=2)
        assert (change > 10).mean() > 0.2
        assert change[change > 10].mean() > 22


def test_applying_an_edit_changes_a_copy_within_the_box_only(textured_pictures: list[Picture]) -> None:
    image = textured_pictures[0].load()
    edited = Edit(BOX, np.zeros((40, 40, 3), np.uint8)).applied_to(image)
    assert not edited[120:160, 100:140].any()
    edited[120:160, 100:140] = image[120:160, 100:140]
    assert np.array_equal(edited, image)


def patch(level: int) -> np.ndarray:
    return np.full((40, 40, 3), level, np.uint8)


def test_change_in_one_place_is_visible() -> None:
    after = patch(100)
    after[5:30, 5:30] = 180
    assert visible_change(patch(100), after) > 40


def test_change_in_two_places_is_not_one_visible_change() -> None:
    after = patch(100)
    after[:12] = after[-12:] = 180
    assert visible_change(patch(100), after) == 0


def test_change_of_fine_texture_is_not_visible() -> None:
    checks = np.indices((40, 40)).sum(axis=0)[..., None] % 2 * 80
    assert visible_change((patch(100) + checks).astype(np.uint8), (patch(180) - checks).astype(np.uint8)) == 0


def test_change_of_a_few_pixels_is_not_visible() -> None:
    after = patch(100)
    after[:9, :9] = 250
    assert visible_change(patch(100), after) == 0
