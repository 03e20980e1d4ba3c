"""Views consist of whole visual tokens, keep to their bounds, and are left alone by the models' own processors."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import smart_resize

from mifg_pipeline.config import EpisodeSettings
from mifg_pipeline.imagent.views import MAX_ASPECT, crop_view, first_view, make_view, view_size

SETTINGS = EpisodeSettings()

sides = st.integers(1, 9000)
bounds = st.lists(st.integers(1, 2_000_000), min_size=2, max_size=2).map(sorted)
token_sides = st.sampled_from([28, 32])


@given(sides, sides, bounds, token_sides)
def test_a_view_has_whole_tokens_at_least_one_and_keeps_to_its_bounds(width, height, bounds, token_side):
    least, most = bounds
    across, down = view_size(width, height, least, most, token_side)
    assert across % token_side == down % token_side == 0
    assert 0 < across * down <= max(most, token_side**2)
    assert max(across, down) <= MAX_ASPECT * min(across, down)


@given(sides, sides, bounds, token_sides)
def test_the_size_is_that_of_the_models_processor_where_that_keeps_to_the_bounds(width, height, bounds, token_side):
    least, most = bounds
    assume(max(width, height) <= MAX_ASPECT * min(width, height))
    rows, columns = smart_resize(height, width, token_side, least, most)
    assume(0 < rows * columns <= most)
    assume(max(rows, columns) <= MAX_ASPECT * min(rows, columns))
    assert view_size(width, height, least, most, token_side) == (columns, rows)


@given(sides, sides, bounds, token_sides)
def test_the_models_processor_leaves_a_view_as_it_is(width, height, bounds, token_side):
    least, most = bounds
    across, down = view_size(width, height, least, most, token_side)
    assume(least <= across * down <= most)
    assert smart_resize(down, across, token_side, least, most) == (down, across)


@given(st.integers(20, 3000), st.integers(20, 3000))
def test_a_crop_has_as_many_pixels_as_the_settings_want(width, height):
    assume(max(width, height) < 10 * min(width, height))
    across, down = view_size(width, height, SETTINGS.crop_min_pixels, SETTINGS.crop_max_pixels, 28)
    assert SETTINGS.crop_min_pixels <= across * down <= SETTINGS.crop_max_pixels


@given(sides, sides, st.integers(1, 500_000), token_sides)
def test_a_view_has_the_fewest_pixels_that_it_may_where_there_is_room(width, height, least, token_side):
    across, down = view_size(width, height, least, 16 * max(least, token_side**2), token_side)
    assert across * down >= least


@pytest.mark.parametrize("size", [(1, 1), (1, 60_000), (60_000, 1), (3, 9000)])
def test_the_thinnest_image_can_be_shown(size):
    for least in (SETTINGS.min_pixels, SETTINGS.max_pixels // 2):
        across, down = view_size(*size, least, SETTINGS.max_pixels, 28)
        assert least <= across * down <= SETTINGS.max_pixels


def picture(width=300, height=200):
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([rows % 256, columns % 256, (rows * columns) % 256], axis=2).astype(np.uint8)


def test_a_first_view_is_the_whole_image():
    view = first_view("a" * 64, picture(), SETTINGS, 28)
    assert (view.sha256, view.box, view.width, view.height) == ("a" * 64, None, 308, 196)
    expected = Image.fromarray(picture()).resize((308, 196), Image.Resampling.BICUBIC)
    assert np.array_equal(view.pixels, np.asarray(expected))


def test_a_crop_is_cut_before_it_is_resized():
    pixels = np.zeros((100, 100, 3), dtype=np.uint8)
    pixels[40:60, 40:60] = 255
    view = crop_view("a" * 64, pixels, (40, 40, 60, 60), SETTINGS, 28)
    assert view.pixels.min() == 255
    assert view.box == (40, 40, 60, 60)


def test_a_crop_is_enlarged_from_the_original():
    view = crop_view("a" * 64, picture(), (10, 20, 38, 48), SETTINGS, 28)
    assert (view.width, view.height) == (224, 224)
    expected = Image.fromarray(picture()[20:48, 10:38]).resize((224, 224), Image.Resampling.BICUBIC)
    assert np.array_equal(view.pixels, np.asarray(expected))


def test_a_view_can_be_made_again_from_its_fields():
    view = crop_view("a" * 64, picture(), (10, 20, 138, 48), SETTINGS, 32)
    again = make_view(view.sha256, picture(), view.box, view.width, view.height)
    assert again == view
    assert np.array_equal(again.pixels, view.pixels)
