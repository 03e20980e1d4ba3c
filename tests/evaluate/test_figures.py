"""Figures from outcomes."""

import pytest

from mifg_pipeline.evaluate.episodes import Cost, EvaluationEpisode
from mifg_pipeline.evaluate.figures import mode_figures, pair, pair_by_facet
from mifg_pipeline.evaluate.outcomes import Judgement, Outcome
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.imagent.trajectory import Trajectory


def outcome(key, *, correct, group=None, sample=0, whole=None, **facets):
    return Outcome(
        mode="on",
        sample=sample,
        key=key,
        group=group or key,
        subset="all",
        facets=facets,
        text="A",
        correct=correct,
        group_correct=correct if whole is None else whole,
        lenient=False,
    )


def figures(*outcomes, samples=1):
    trajectory = Trajectory(question="q", sample=0, turns=(), end=EndReason.INFRA_ERROR, views=())
    cost = Cost(calls=0, prompt_tokens=0, completion_tokens=0, seconds=0)
    episode = EvaluationEpisode(mode="on", sample=0, trajectory=trajectory, cost=cost)
    return mode_figures(Judgement(outcomes=outcomes, published=()), [episode], samples)


def test_items_of_a_group_count_together_only_in_the_share_of_groups():
    """A question in two rotations, of which one is right."""
    found = figures(
        outcome("1", group="q", correct=True, whole=False),
        outcome("2", group="q", correct=False, whole=False),
        outcome("3", group="r", correct=True),
        outcome("4", group="r", correct=True),
    )
    assert (found.accuracy.value, found.groups.value, found.groups.count) == (0.75, 0.5, 2)


def test_items_that_stand_alone_have_no_share_of_groups():
    assert figures(outcome("1", correct=True), outcome("2", correct=False)).groups is None


def test_pass_at_k_takes_the_samples_of_an_item_together():
    """One of two samples of one item is right, none of the other's: pass@1 1/4, pass@2 1/2."""
    right = {("1", 0): True, ("1", 1): False, ("2", 0): False, ("2", 1): False}
    found = figures(*(outcome(key, sample=n, correct=is_right) for (key, n), is_right in right.items()), samples=2)
    assert {k: share.value for k, share in found.pass_at.items()} == {1: 0.25, 2: 0.5}


def test_a_facet_of_several_values_counts_for_each():
    found = figures(outcome("1", correct=True, skills="count, colour"), outcome("2", correct=False, skills="count"))
    assert {name: (share.value, share.count) for name, share in found.breakdown["skills"].items()} == {
        "colour": (1.0, 1),
        "count": (0.5, 2),
    }


def test_numbers_of_images_are_in_their_order():
    found = figures(*(outcome(n, correct=True, images=n) for n in ("10", "2", "3")))
    assert list(found.breakdown["images"]) == ["2", "3", "10"]


def test_harder_labels_are_set_against_easier_ones():
    easy = [outcome(f"e{n}", correct=n < 3, difficulty="glance") for n in range(4)]
    hard = [outcome(f"h{n}", correct=n < 1, difficulty="zoom") for n in range(4)]
    assert figures(*easy, *hard).calibration.drop.value == pytest.approx(0.5)


def test_foretold_shares_are_set_against_reached_ones():
    found = figures(
        outcome("1", correct=True, pass_rate="0.5"), outcome("2", correct=False, pass_rate="0.5")
    ).calibration
    assert (found.bins, found.error) == (((0.5, 0.5, 2),), 0.0)


def test_without_labels_there_is_no_calibration():
    assert figures(outcome("1", correct=True)).calibration is None


def test_pairs_are_of_groups_and_the_difference_is_of_items():
    before = [outcome(key, group="q", correct=False) for key in "12"]
    after = [outcome("1", group="q", correct=True, whole=False), outcome("2", group="q", correct=False)]
    found = pair(before, after)
    assert (found.neither, found.only_second, found.difference.value) == (1, 0, 0.5)


def test_what_the_machinery_ended_is_counted_as_failed():
    assert figures(outcome("1", correct=False)).behaviour.failed == 1


def test_the_test_takes_the_first_sample_and_the_difference_all():
    before = [outcome("1", correct=False), outcome("1", sample=1, correct=False)]
    after = [outcome("1", correct=False), outcome("1", sample=1, correct=True)]
    found = pair(before, after)
    assert (found.neither, found.only_second, found.difference.value) == (1, 0, 0.5)


def test_a_value_of_a_facet_is_compared_on_its_own_part_of_a_group():
    """A question in two orders: the tools help in the second alone, so that the group stays wrong."""
    orders = [{"group": "q", "order": "0"}, {"group": "q", "order": "1"}]
    before = [outcome(str(n), correct=False, **order) for n, order in enumerate(orders)]
    after = [outcome(str(n), correct=n == 1, **order) for n, order in enumerate(orders)]
    assert pair(before, after).only_second == 0
    found = pair_by_facet(before, after)
    assert {value: pairing.only_second for value, pairing in found["order"].items()} == {"0": 0, "1": 1}


def test_foretold_shares_are_no_facet_to_compare_by():
    one = [outcome("1", correct=True, pass_rate="0.5", skills="count, colour")]
    assert set(pair_by_facet(one, one)) == {"subset", "skills"}
    assert set(pair_by_facet(one, one)["skills"]) == {"count", "colour"}
