"""Items that look doubtful come first, until people's decisions say otherwise."""

from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.review.order import (
    LEVELS,
    ItemGlance,
    ProbeGlance,
    ProvenanceGlance,
    Stratum,
    Tally,
    VerdictGlance,
)

STRATA = st.builds(Stratum, st.booleans(), st.integers(0, LEVELS), st.sampled_from(["one", "two"]))
DECIDED = st.lists(st.tuples(STRATA, st.sampled_from(["accept", "reject", "edit", "flag", "skip"])), max_size=50)


def glance(people_first: bool = False, *probes: tuple[str, int, int]) -> ItemGlance:
    return ItemGlance(
        id="item",
        digest="digest",
        verdict=VerdictGlance(people_first),
        provenance=ProvenanceGlance("form"),
        probes=[ProbeGlance(kind, attempts, correct) for kind, correct, attempts in probes],
    )


def test_an_item_without_probes_is_contradicted_by_nobody():
    assert Stratum.of(glance()) == (False, 0, "form")


def test_the_probe_that_contradicts_the_key_most_counts():
    assert Stratum.of(glance(False, ("focus", 4, 4), ("consistency", 1, 4))).contradicted == 3
    assert Stratum.of(glance(False, ("difficulty", 0, 5))).contradicted == LEVELS


def test_solvers_who_were_shown_too_little_contradict_nothing():
    assert Stratum.of(glance(False, ("blind", 0, 5), ("glance", 0, 5), ("necessity", 0, 5))).contradicted == 0


def test_one_solver_of_many_who_contradicts_is_a_sign():
    assert Stratum.of(glance(False, ("difficulty", 99, 100))).contradicted == 1


def test_each_sign_of_doubt_raises_the_prior():
    calm, contradicted = Stratum(False, 0, "form"), Stratum(False, LEVELS, "form")
    assert calm.prior() < Stratum(True, 0, "form").prior() < Stratum(True, LEVELS, "form").prior() < 1
    assert calm.prior() < contradicted.prior()


@given(DECIDED)
def test_doubts_are_chances(decided):
    tally = Tally()
    for stratum, decision in decided:
        tally.count(stratum, decision)
    assert all(0 < doubt < 1 for doubt in tally.doubts(stratum for stratum, _ in decided).values())


@given(DECIDED)
def test_taking_decisions_out_again_leaves_the_priors(decided):
    tally = Tally()
    for times in (1, -1):
        for stratum, decision in decided:
            tally.count(stratum, decision, times)
    strata = {stratum for stratum, _ in decided}
    doubts = tally.doubts(strata)
    assert all(abs(doubts[stratum] - stratum.prior()) < 1e-12 for stratum in strata)


def test_with_many_decisions_the_doubt_is_the_share_of_faults():
    tally, stratum = Tally(), Stratum(True, 2, "form")
    for number in range(10_000):
        tally.count(stratum, "reject" if number % 10 == 0 else "accept")
    assert abs(tally.doubts([stratum])[stratum] - 0.1) < 0.001


def test_faults_of_one_form_raise_the_doubt_of_others_with_the_same_signs_less():
    tally, faulty, other = Tally(), Stratum(False, 0, "faulty"), Stratum(False, 0, "other")
    for _ in range(20):
        tally.count(faulty, "reject")
    doubts = tally.doubts([faulty, other])
    assert other.prior() < doubts[other] < doubts[faulty]
