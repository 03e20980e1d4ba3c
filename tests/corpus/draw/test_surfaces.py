"""Surfaces: muted, of middle brightness, textured everywhere."""

import cv2
import numpy as np
import pytest

from mifg_pipeline.corpus.draw.layout import Layout
from mifg_pipeline.corpus.draw.paint import paint
from mifg_pipeline.corpus.draw.vocabulary import SURFACES

PATCH = 64


@pytest.fixture(scope="module", params=SURFACES)
def bare(request):
    """A painted scene of each kind of surface with nothing on it."""
    return paint(Layout(width=880, height=640, surface=request.param, surface_seed=4, things=()))


def test_saturation_stays_below_a_quarter(bare):
    high, low = bare.max(axis=2).astype(float), bare.min(axis=2)
    assert ((high - low) / high).max() < 0.25


def test_brightness_stays_between_black_and_white(bare):
    value = bare.max(axis=2) / 255
    assert value.min() > 0.3
    assert value.max() < 0.8


def test_every_patch_has_texture(bare):
    grey = cv2.cvtColor(bare, cv2.COLOR_RGB2GRAY).astype(float)
    rows, columns = grey.shape[0] // PATCH, grey.shape[1] // PATCH
    patches = grey[: rows * PATCH, : columns * PATCH].reshape(rows, PATCH, columns, PATCH)
    assert patches.std(axis=(1, 3)).min() > 3


def test_no_patch_occurs_twice(bare):
    grey = cv2.cvtColor(bare, cv2.COLOR_RGB2GRAY)
    rng = np.random.default_rng(0)
    for x, y in rng.integers((0, 0), (880 - PATCH, 640 - PATCH), (6, 2)):
        match = cv2.matchTemplate(grey, grey[y : y + PATCH, x : x + PATCH], cv2.TM_CCOEFF_NORMED)
        match[max(0, y - 8) : y + 9, max(0, x - 8) : x + 9] = 0
        assert match.max() < 0.97


def test_another_seed_gives_another_surface():
    one, other = (paint(Layout(400, 300, "paper", seed, ())) for seed in (1, 2))
    assert abs(one.astype(int) - other).mean() > 5
