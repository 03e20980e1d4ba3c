"""Intervals of means."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.report.bootstrap import difference_interval, mean_interval


@given(st.floats(-5, 5), st.integers(2, 9))
def test_equal_figures_have_no_width(value, count):
    found = mean_interval([value] * count, range(count), 0)
    assert found.low == pytest.approx(value)
    assert found.high == pytest.approx(value)


def test_one_cluster_has_no_interval():
    found = mean_interval([1.0, 3.0], ["q", "q"], 0)
    assert (found.mean, found.low, found.high) == (2.0, None, None)


def test_the_width_is_that_of_the_normal_distribution():
    values = np.random.default_rng(0).normal(size=400)
    found = mean_interval(values.tolist(), range(400), 1)
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.05)


def test_figures_of_one_question_count_as_one():
    """The same figure many times over says no more of other questions."""
    values = np.random.default_rng(0).normal(size=30).tolist()
    once = mean_interval(values, range(30), 1)
    often = mean_interval(
        [value for value in values for _ in range(8)], [key for key in range(30) for _ in range(8)], 1
    )
    assert often.low == pytest.approx(once.low)
    assert often.high == pytest.approx(once.high)


def test_the_seed_decides():
    values, keys = [1.0, 2.0, 4.0], "abc"
    assert mean_interval(values, keys, 3) == mean_interval(values, keys, 3)


def test_the_interval_of_a_difference_is_wider_than_that_of_either_mean():
    """Variances add up: the width is that of the normal distribution of the difference."""
    first, second = np.random.default_rng(0).normal(size=(2, 400))
    found = difference_interval(first.tolist(), range(400), second.tolist(), range(400), 1)
    expected = 2 * 1.96 * np.hypot(first.std(), second.std()) / 20
    assert found.mean == pytest.approx(first.mean() - second.mean())
    assert found.high - found.low == pytest.approx(expected, rel=0.05)


def test_a_difference_from_one_cluster_has_no_interval():
    assert difference_interval([1.0], "a", [0.0, 1.0], "bc", 0).low is None
