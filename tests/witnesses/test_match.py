"""The match witness on details of known origin."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from mifg_pipeline.witnesses.witness import Pixels

Fixture = Callable[..., Any]


@pytest.fixture
def puzzle(texture: Fixture, magnified: Fixture, as_jpeg: Fixture) -> Callable[..., list[Pixels]]:
    """Details of textures 0, 1, …, by the textures in ``owners``, then the textures themselves."""

    def images(owners: tuple[int, ...], number: int, sides: tuple[int, ...] = (48,)) -> list[Pixels]:
        rng = random.Random(sum(owners))
        textures = [texture(seed) for seed in range(number)]
        details = [
            magnified(textures[owner], rng.randint(0, 500), rng.randint(0, 380), sides[k % len(sides)], 8)
            for k, owner in enumerate(owners)
        ]
        return [*details, *map(as_jpeg, textures)]

    return images


@pytest.mark.parametrize("owners", [(0, 1, 2), (2, 0, 1), (3, 1, 0, 2)])
def test_each_detail_goes_to_its_image(owners: tuple[int, ...], puzzle: Fixture, testify: Fixture) -> None:
    number = len(owners)
    terms = {"details": list(range(number)), "images": list(range(number, 2 * number))}
    images = puzzle(owners, number)
    testimony = testify("match", "details-to-images", images, **terms)
    assert testimony.answer == ", ".join(str(number + owner + 1) for owner in owners)
    pairing = testify("match", "which-pairing", images, **terms)
    assert pairing.answer == ", ".join(f"{k + 1}–{number + owner + 1}" for k, owner in enumerate(owners))


def test_details_of_different_sizes_are_found(puzzle: Fixture, testify: Fixture) -> None:
    testimony = testify("match", "details-to-images", puzzle((1, 0), 2, sides=(48, 64)), details=[0, 1], images=[2, 3])
    assert testimony.answer == "4, 3"


def test_two_details_of_one_image_are_no_matching(puzzle: Fixture, testify: Fixture) -> None:
    testimony = testify("match", "details-to-images", puzzle((1, 1), 2), details=[0, 1], images=[2, 3])
    assert testimony.reason == "two details are found in one image"


def test_a_detail_of_none_of_the_images_is_no_matching(puzzle: Fixture, testify: Fixture) -> None:
    testimony = testify("match", "details-to-images", puzzle((0, 2), 3), details=[0, 1], images=[2, 3])
    assert testimony.reason == "it is not clear which image the detail Image 2 is from"


def test_a_detail_that_two_images_have_is_no_matching(puzzle: Fixture, testify: Fixture) -> None:
    detail_0, detail_1, image_0, image_1 = puzzle((0, 1), 2)
    image_1[:, :400] = image_0[:, :400]
    images = [detail_1, detail_0, image_1, image_0]
    testimony = testify("match", "details-to-images", images, details=[0, 1], images=[2, 3])
    assert testimony.reason == "it is not clear which image the detail Image 2 is from"


def test_a_picture_that_is_no_magnified_detail_is_no_matching(texture: Fixture, testify: Fixture) -> None:
    images = [texture(seed) for seed in range(4)]
    assert testify("match", "which-pairing", images, details=[0, 1], images=[2, 3]).answer is None
