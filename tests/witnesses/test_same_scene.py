"""The same-scene witness on views of known places, mirrored and in another light."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mifg_pipeline.witnesses.registration import register, view_of
from mifg_pipeline.witnesses.witness import Pixels

Fixture = Callable[..., Any]


def _relit(image: Pixels, contrast: float, brightness: float, warmth: float) -> Pixels:
    lit = (image.astype(np.float32) - 128) * contrast + 128 + brightness
    return (lit * (1 + warmth, 1, 1 - warmth)).clip(0, 255).astype(np.uint8)


@pytest.fixture
def two_views(texture: Fixture, as_jpeg: Fixture) -> Callable[..., list[Pixels]]:
    """Two crops of one texture that share 60 % of the width, in different light; the second perhaps mirrored."""

    def views(seed: int, mirrored: bool = False) -> list[Pixels]:
        image = texture(seed, width=900)
        left, right = image[:, :600], _relit(image[20:, 250:850], 0.85, 15, 0.08)
        return [as_jpeg(left), as_jpeg(right[:, ::-1] if mirrored else right)]

    return views


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("place", [1, 2, 3])
def test_the_candidate_with_the_same_scene_is_found(
    place: int, mirrored: bool, two_views: Fixture, texture: Fixture, testify: Fixture
) -> None:
    reference, match = two_views(7, mirrored)
    images = [reference, texture(1), texture(2)]
    images.insert(place, match)
    testimony = testify("same-scene", "which-match", images, reference=0, candidates=[1, 2, 3])
    assert testimony.answer == f"Image {place + 1}"


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_two_images_of_one_scene_are_named_in_their_order(
    mirrored: bool, two_views: Fixture, texture: Fixture, testify: Fixture
) -> None:
    one, other = two_views(8, mirrored)
    testimony = testify("same-scene", "which-two", [texture(1), other, texture(2), one], images=[0, 1, 2, 3])
    assert testimony.answer == "2, 4"


def test_different_pictures_give_no_answer(texture: Fixture, testify: Fixture) -> None:
    testimony = testify("same-scene", "which-two", [texture(seed) for seed in range(4)], images=[0, 1, 2, 3])
    assert testimony.reason == "0 pairs of the images may show the same scene, not one"


def test_two_candidates_with_the_same_scene_give_no_answer(two_views: Fixture, testify: Fixture) -> None:
    reference, match = two_views(7)
    images = [reference, match, np.ascontiguousarray(match[:, ::-1])]
    testimony = testify("same-scene", "which-match", images, reference=0, candidates=[1, 2])
    assert testimony.reason == "2 pairs of the images may show the same scene, not one"


def test_flat_images_give_no_answer(testify: Fixture) -> None:
    flat = [np.full((300, 400, 3), level, np.uint8) for level in (40, 128, 220)]
    assert testify("same-scene", "which-two", flat, images=[0, 1, 2]).answer is None


def test_a_mirrored_view_is_the_view_of_the_mirrored_image(texture: Fixture) -> None:
    image = texture(5)
    computed, seen = view_of(image, 256).mirrored(), view_of(np.ascontiguousarray(image[:, ::-1]), 256)
    found = register(computed, seen)
    assert found is not None
    assert found.scale == pytest.approx(1, abs=0.01)
    assert found.similarity > 0.99
    assert found.support > 0.8 * len(seen.points)


def test_views_are_registered_without_a_turn_only(texture: Fixture) -> None:
    image = texture(5, width=480)
    assert register(view_of(image, 256), view_of(np.ascontiguousarray(np.rot90(image)), 256)) is None
