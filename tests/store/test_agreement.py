"""Agreement figures are those of the field, and are values where people all say the same."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from mifg_pipeline.review.prediction import IN_DOUBT, auc, predictions
from mifg_pipeline.store.agreement import agreement, cohen_kappa, krippendorff_alpha

VALUES = st.sampled_from(["accept", "edit", "reject", "flag"])
ITEMS = st.lists(st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES), min_size=1, max_size=30)


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=40))
def test_kappa_is_that_of_scikit_learn(pairs):
    assume(len({value for pair in pairs for value in pair}) > 1)
    first, second = zip(*pairs, strict=True)
    assert cohen_kappa(Counter(pairs)) == pytest.approx(cohen_kappa_score(first, second))


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=60))
def test_auc_is_that_of_scikit_learn(pairs):
    values, faulty = np.array([v for v, _ in pairs], float), np.array([f for _, f in pairs])
    assume(faulty.any() and not faulty.all())
    assert auc(values, faulty) == pytest.approx(roc_auc_score(faulty, values))


def test_alpha_is_that_of_the_textbook():
    # Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C: two observers, nominal data.
    decisions = [{"ben": one, "gerry": other} for one, other in zip("aabbdcccedda", "babbbccceddd", strict=True)]
    found = agreement(decisions)
    assert found.alpha == pytest.approx(0.692, abs=0.001)


@given(ITEMS)
def test_alpha_and_raw_agreement_are_numbers_whoever_is_missing(items):
    found = agreement(items)
    shared = [item for item in items if len(item) > 1]
    assert found.items == len(shared)
    if shared:
        assert 0 <= found.raw <= 1
        assert -1 <= found.alpha <= 1
        assert found.alpha == 1 or found.raw < 1
    else:
        assert (found.raw, found.alpha, found.kappas) == (None, None, ())


def test_people_who_always_say_the_same_one_thing_agree_fully():
    found = agreement([{"a": "accept", "b": "accept"}, {"a": "accept", "b": "accept", "c": "accept"}])
    assert (found.raw, found.alpha, found.one_decision) == (1, 1, True)
    assert {kappa.kappa for kappa in found.kappas} == {1}


def test_full_agreement_on_several_decisions_is_not_called_one_decision():
    found = agreement([{"a": "accept", "b": "accept"}, {"a": "reject", "b": "reject"}])
    assert (found.raw, found.alpha, found.one_decision) == (1, 1, False)


def test_items_that_one_person_decided_say_nothing():
    both = [{"a": "accept", "b": "reject"}, {"a": "edit", "b": "edit"}]
    assert agreement([*both, {"a": "flag"}, {"c": "reject"}, {}]) == agreement(both)


def test_an_unused_value_does_not_change_alpha():
    counts = np.array([[2, 0], [1, 1], [0, 2]])
    assert krippendorff_alpha(np.pad(counts, ((0, 0), (0, 1)))) == pytest.approx(krippendorff_alpha(counts))


def gate(name: str, reason: str = "", **figures) -> dict:
    return {"gate": name, "reason": reason, "figures": figures}


def test_the_figure_that_foretells_faults_best_comes_first():
    decided = [([gate("lint", noise=n % 2), gate("probe", pass_rate=n / 10, answers=["a"])], n < 5) for n in range(10)]
    best, noise = predictions(decided)
    assert (best.gate, best.figure, best.items, best.faults, best.auc) == ("probe", "pass_rate", 10, 5, 0.0)
    assert noise.figure == "noise"


def test_a_reason_given_in_spite_of_passing_is_a_figure():
    (doubt,) = predictions([([gate("probe", "never solved")], True), ([gate("probe")], False)])
    assert (doubt.figure, doubt.auc) == (IN_DOUBT, 1.0)


def test_where_all_items_are_sound_nothing_is_foretold():
    assert predictions([([gate("probe", pass_rate=n)], False) for n in range(3)]) == ()
