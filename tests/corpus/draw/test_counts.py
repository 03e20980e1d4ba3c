"""Counts per kind: skewed within a scene, symmetric over scenes."""

import random

from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.corpus.draw.counts import REPEATS, SHAPES_PER_SCENE, draw_kinds

seeds = st.integers(0, 2**64).map(random.Random)


@given(seeds)
def test_a_scene_has_between_fifteen_and_sixty_shapes(rng):
    assert 15 <= sum(kind.count for kind in draw_kinds(rng)) <= 60
    assert SHAPES_PER_SCENE.start >= 15


@given(seeds)
def test_every_scene_has_a_repeated_kind_and_three_single_ones(rng):
    counts = [kind.count for kind in draw_kinds(rng)]
    assert any(count in REPEATS for count in counts)
    assert counts.count(1) >= 3


@given(seeds)
def test_no_kind_is_listed_twice(rng):
    pairs = [(kind.category, kind.colour) for kind in draw_kinds(rng)]
    assert len(pairs) == len(set(pairs))
