"""Wald's test: its decisions, its waves, and the error rates and sizes that the design counts on."""

import pytest
from exact_tests import exact, fixed_size
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.gates.sequential_test import WaldTest

OF_FOUR = WaldTest(p0=0.25, p1=0.8, alpha=0.003, beta=0.005, most=32)
OF_TWO = WaldTest(p0=0.5, p1=0.8, alpha=0.003, beta=0.01, most=100)
OPEN = WaldTest(p0=0.1, p1=0.8, alpha=0.003, beta=0.005, most=16)
DOWNWARD = WaldTest(p0=0.75, p1=0.2, alpha=0.003, beta=0.005, most=32)
TESTS = (OF_FOUR, OF_TWO, OPEN, DOWNWARD)

tests = st.sampled_from(TESTS)
replies = st.lists(st.booleans(), max_size=110)


def test_four_options_take_few_attempts_at_the_promised_power():
    assert exact(OF_FOUR, 0.25).replies == pytest.approx(8.4, abs=0.05)
    assert exact(OF_FOUR, 0.8).replies == pytest.approx(9.4, abs=0.05)
    assert exact(OF_FOUR, 0.8).decides_p1 == pytest.approx(0.995, abs=0.0005)
    assert fixed_size(0.25, 0.8, 0.003, 0.005) == 21


def test_two_options_take_more_attempts_and_still_half_of_a_fixed_test():
    assert exact(OF_TWO, 0.5).replies == pytest.approx(23, abs=0.5)
    assert exact(OF_TWO, 0.8).replies == pytest.approx(31, abs=0.5)
    assert fixed_size(0.5, 0.8, 0.003, 0.01) == 63


@pytest.mark.parametrize("test", TESTS)
def test_good_drafts_are_lost_no_more_often_than_alpha_says(test):
    assert exact(test, test.p0).decides_p1 <= test.alpha


@given(tests, replies)
def test_what_comes_after_the_decision_changes_nothing(test, given_replies):
    for made in range(len(given_replies)):
        decision = test.decide(given_replies[:made])
        if decision is not None:
            assert test.decide(given_replies) == decision


@given(tests, st.data())
def test_there_is_a_decision_after_the_last_attempt_at_the_latest(test, data):
    given_replies = data.draw(st.lists(st.booleans(), min_size=test.most, max_size=test.most))
    assert test.decide(given_replies) is not None


@given(tests, replies)
def test_no_attempt_of_a_wave_is_made_in_vain_and_the_next_may_decide(test, given_replies):
    right = made = 0
    while wave := test.next_wave(right, made):
        for shorter in range(wave):
            undecided = {test.decide_by_counts(right + hits, made + shorter) for hits in range(shorter + 1)}
            assert undecided == {None}
        assert any(test.decide_by_counts(right + hits, made + wave) for hits in range(wave + 1))
        answers = (given_replies + [False] * test.most)[made : made + wave]
        right, made = right + sum(answers), made + wave
    assert made <= test.most
    assert test.decide_by_counts(right, made) is not None


@given(tests, replies)
def test_waves_come_to_the_decision_of_reply_after_reply(test, given_replies):
    given_replies = (given_replies + [True] * test.most)[: test.most]
    right = made = 0
    while wave := test.next_wave(right, made):
        right, made = right + sum(given_replies[made : made + wave]), made + wave
    assert test.decide_by_counts(right, made) == test.decide(given_replies)
    assert test.decide(given_replies[: made - 1]) is None


def test_it_ends_as_soon_as_the_attempts_that_are_left_cannot_lead_to_p1():
    # 15 of 30 right: neither bound is reached, and two more right replies would not be enough.
    assert OF_FOUR.decide_by_counts(15, 30) == "p0"
    assert WaldTest(0.25, 0.8, 0.003, 0.005, most=1000).decide_by_counts(15, 30) is None


@pytest.mark.parametrize(("test", "right"), [(OF_FOUR, True), (DOWNWARD, False)])
def test_replies_like_p1_decide_for_p1_whichever_of_the_two_is_higher(test, right):
    assert test.decide([right] * test.most) == "p1"
    assert test.decide([not right] * test.most) == "p0"


@given(st.floats(0.05, 0.95))
def test_the_exact_figures_agree_with_counting_all_sequences(chance):
    small = WaldTest(0.3, 0.8, 0.1, 0.1, most=8)
    decides_p1 = expected = 0.0
    stack = [((), 1.0)]
    while stack:
        so_far, weight = stack.pop()
        decision = small.decide(so_far)
        if decision is None:
            stack += [((*so_far, True), weight * chance), ((*so_far, False), weight * (1 - chance))]
        else:
            decides_p1 += weight * (decision == "p1")
            expected += weight * len(so_far)
    assert exact(small, chance) == pytest.approx((decides_p1, expected))


@given(st.sampled_from([(0.25, 0.8), (0.75, 0.2), (0.5, 0.8), (0.35, 0.75)]), st.sampled_from([0.003, 0.05]))
def test_a_test_of_fixed_size_is_the_smallest_that_keeps_both_error_rates(chances, error):
    from scipy.stats import binom

    low, high = sorted(chances)

    def keeps(size):
        return any(
            binom.sf(line - 1, size, low) <= error and binom.cdf(line - 1, size, high) <= error
            for line in range(size + 1)
        )

    size = fixed_size(*chances, error, error)
    assert keeps(size)
    assert not keeps(size - 1)
