import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.engines.view import View
from mifg_pipeline.engines.view_cache import ViewCache

VIEWS = [View(name, None, 1, 1, np.zeros((1, 1, 3), np.uint8)) for name in "abcde"]
batches = st.lists(st.lists(st.sampled_from(VIEWS), max_size=6), max_size=8)


class Counter:
    """A value of one byte for each view, which says whose it is; counts how often it was asked for."""

    def __init__(self):
        self.computed = []

    def __call__(self, views):
        self.computed += [view.sha256 for view in views]
        return (view.sha256 for view in views)


@given(batches, st.integers(0, 5))
def test_values_are_those_of_the_views_whatever_fits(batches, limit):
    cache, compute = ViewCache(limit, len), Counter()
    for views in batches:
        assert cache.collect(views, compute) == [view.sha256 for view in views]


def test_a_view_is_computed_once_while_it_fits():
    cache, compute = ViewCache(5, len), Counter()
    cache.collect([VIEWS[0], VIEWS[1], VIEWS[0]], compute)
    cache.collect([VIEWS[1], VIEWS[2]], compute)
    assert compute.computed == ["a", "b", "c"]


def test_what_was_used_least_recently_is_dropped():
    cache, compute = ViewCache(2, len), Counter()
    for number in (0, 1, 0, 2, 0, 1):
        cache.collect([VIEWS[number]], compute)
    assert compute.computed == ["a", "b", "c", "b"]


def test_clear_forgets_everything():
    cache, compute = ViewCache(5, len), Counter()
    cache.collect(VIEWS, compute)
    cache.clear()
    cache.collect(VIEWS, compute)
    assert compute.computed == [*"abcde", *"abcde"]
