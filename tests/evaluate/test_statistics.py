"""Statistics of right and wrong answers."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from mifg_pipeline.evaluate.statistics import Bin, calibration_bins, calibration_error, doublings, mcnemar, pass_at

answers = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40)


@given(answers)
def test_every_pair_is_counted_once(pairs):
    found = mcnemar(pairs)
    assert found.both + found.only_first + found.only_second + found.neither == len(pairs)


@given(answers)
def test_the_p_value_does_not_depend_on_which_is_first(pairs):
    assert mcnemar(pairs).p == pytest.approx(mcnemar([(second, first) for first, second in pairs]).p)


def test_ten_pairs_of_which_one_goes_the_other_way():
    """By hand: 2 (C(10, 0) + C(10, 1)) / 2^10 = 22 / 1024."""
    found = mcnemar([(True, False)] * 9 + [(False, True)] + [(True, True)] * 50)
    assert found.p == pytest.approx(22 / 1024)


def test_pairs_that_agree_do_not_move_the_p_value():
    few = mcnemar([(True, False)] * 7 + [(False, True)] * 2)
    many = mcnemar([(True, False)] * 7 + [(False, True)] * 2 + [(False, False)] * 500)
    assert few.p == many.p == pytest.approx(binomtest(7, 9).pvalue)


def test_without_a_difference_p_is_one():
    assert mcnemar([(True, True), (False, False)]).p == 1.0


@given(st.data(), st.integers(1, 8))
def test_pass_at_k_is_the_share_of_draws_with_a_right_sample(data, samples):
    k = data.draw(st.integers(1, samples))
    right = data.draw(st.integers(0, samples))
    draws = list(combinations([True] * right + [False] * (samples - right), k))
    assert pass_at(k, samples, right) == pytest.approx(sum(map(any, draws)) / len(draws))


@pytest.mark.parametrize(("most", "told"), [(1, (1,)), (2, (1, 2)), (5, (1, 2, 4, 5)), (8, (1, 2, 4, 8))])
def test_pass_at_k_is_told_for_doublings(most, told):
    assert doublings(most) == told


def test_bins_hold_the_means_of_their_questions():
    found = calibration_bins([(0.0, 0.0), (0.1, 1.0), (1.0, 1.0)])
    assert found == (Bin(pytest.approx(0.05), 0.5, 2), Bin(1.0, 1.0, 1))


def test_the_calibration_error_weighs_bins_by_their_questions():
    assert calibration_error([Bin(0.5, 0.9, 3), Bin(0.2, 0.2, 1)]) == pytest.approx(0.3)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_what_comes_as_foretold_has_no_calibration_error(shares):
    assert calibration_error(calibration_bins([(share, share) for share in shares])) == pytest.approx(0)
