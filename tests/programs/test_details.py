"""Details are found where there is something to see and nothing that looks alike."""

import random

import numpy as np
import pytest

from mifg_pipeline.programs import Picture
from mifg_pipeline.programs.details import DetailFinder
from mifg_pipeline.programs.first_view import detail_side


def test_a_picture_that_repeats_itself_has_no_detail(textured_pictures: list[Picture], make_picture) -> None:
    tile = textured_pictures[0].load()
    twice = make_picture(0, np.concatenate([tile, tile[:, :1], tile], axis=1))
    rng = random.Random(0)
    assert DetailFinder([twice], 1, rng).find(0, (0, 0, tile.shape[1], tile.shape[0]), rng) is None


def test_what_two_pictures_share_is_no_detail(textured_pictures: list[Picture]) -> None:
    picture = textured_pictures[0]
    rng = random.Random(0)
    assert DetailFinder([picture, picture], 1, rng).find_in_each(rng) is None


def test_a_flat_part_has_no_detail(textured_pictures: list[Picture], make_picture) -> None:
    pixels = textured_pictures[0].load().copy()
    pixels[:, :150] = (120, 160, 220)
    picture = make_picture(0, pixels)
    rng = random.Random(0)
    finder = DetailFinder([picture], 1, rng)
    assert finder.find(0, (0, 0, 150, pixels.shape[0]), rng) is None
    assert finder.find(0, (150, 0, pixels.shape[1], pixels.shape[0]), rng) is not None


def test_details_avoid_those_already_taken(textured_pictures: list[Picture]) -> None:
    rng = random.Random(0)
    finder = DetailFinder(textured_pictures[:2], 1, rng)
    for _ in range(20):
        first = finder.find_in_each(rng)
        second = finder.find_in_each(rng, apart_from=first)
        for one, other in zip(first or (), second or (), strict=second is not None):
            a, b = one.box, other.box
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


@pytest.mark.parametrize(("width", "height"), [(256, 256), (300, 280), (1600, 1200), (6000, 4000)])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_sides_are_legible_in_full_and_small_in_their_image(width: int, height: int, count: int) -> None:
    rng = random.Random(0)
    for _ in range(50):
        side = detail_side([(width, height)] * count, 392**2, 32, rng)
        assert 32 <= side <= 96
        assert side**2 <= 0.05 * width * height


@pytest.mark.parametrize("count", [2, 3, 5])
def test_sides_are_illegible_at_first_view_where_the_images_are_large(count: int) -> None:
    rng = random.Random(0)
    scale = (1_003_520 / (count * 1600 * 1200)) ** 0.5
    assert all(detail_side([(1600, 1200)] * count, 0, 36, rng) * scale < 28 for _ in range(100))
