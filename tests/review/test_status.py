"""The status says how far a review is, and what of it does not count."""

import pytest

from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import GateResult, Verdict
from mifg_pipeline.review import review_status
from mifg_pipeline.store import verified_items
from mifg_pipeline.store.review_rules import ReviewRules, write_rules


def judge(made, *decisions: str, annotator: str = "alice", **fields) -> list[dict]:
    lines = made.packed(annotator, overwrite=True)
    judged = [
        line | {"decision": decision, "comment": "because", **fields}
        for line, decision in zip(lines, decisions, strict=False)
    ]
    assert not made.submitted(judged).checked.refused
    return judged


def test_a_run_that_nobody_reviewed_is_open(made):
    status = review_status(made.run)
    assert (status.items, status.open, status.annotators) == (5, 5, ())


def test_items_are_counted_by_what_becomes_of_them(made):
    judge(made, "accept", "reject", "flag", "skip")
    status = review_status(made.run)
    assert (status.verified, status.rejected, status.flagged, status.disagreement) == (1, 1, 1, 0)
    assert status.open == 2


def test_decisions_are_counted_by_annotator(made):
    judge(made, "accept", "accept", "reject", "skip")
    judge(made, "flag", annotator="bob")
    alice, bob = review_status(made.run).annotators
    assert (alice.annotator, alice.accepted, alice.rejected, alice.skipped, alice.open) == ("alice", 2, 1, 1, 1)
    assert (bob.annotator, bob.flagged, bob.open) == ("bob", 1, 1)
    assert alice.accept_rate == 2 / 3
    assert bob.accept_rate is None


def test_an_edit_counts_as_accepted(made):
    judge(made, "edit", edits={"question": "Which image shows the kite?"})
    status = review_status(made.run)
    assert (status.verified, status.annotators[0].edited, status.annotators[0].accept_rate) == (1, 1, 1.0)


def test_the_median_of_the_measured_seconds_is_given(made):
    lines = made.packed()
    for line, seconds in zip(lines, (1, 2, 90, None), strict=False):
        line |= {"decision": "accept", "seconds": seconds}
    made.submitted(lines)
    assert review_status(made.run).annotators[0].median_seconds == 2


def test_decisions_on_items_that_have_changed_are_stale(made, change_evidence):
    judge(made, "accept", "accept")
    made.write_items([change_evidence(item) for item in made.items])
    status = review_status(made.run)
    assert (status.open, status.annotators[0].stale, status.annotators[0].accepted) == (5, 2, 0)


def test_a_torn_line_is_reported(made):
    judge(made, "accept")
    with (made.run.review / "alice.jsonl").open("ab") as file:
        file.write(b'{"torn')
    assert review_status(made.run).annotators[0].torn


def test_verified_items_are_those_accepted_with_their_edits(made):
    line = made.packed(count=1)[0] | {"decision": "edit", "edits": {"question": "Which image shows the kite?"}}
    made.submitted([line])
    judge(made, "accept", "reject")
    edited, accepted = sorted(verified_items(made.run), key=lambda reviewed: reviewed.decision, reverse=True)
    assert (edited.item.question, edited.item.parent_id, edited.decision) == (
        "Which image shows the kite?",
        line["id"],
        "edit",
    )
    assert (accepted.item, accepted.annotators) == (accepted.candidate, ("alice",))


def test_two_items_that_edits_made_the_same_are_not_exported_twice(made):
    first = made.items[0]
    other = first.model_copy(update={"question": "Which image shows a kite, or something like it?"})
    made.write_items([first, other.model_copy(update={"id": other.compute_id(), "digest": other.compute_digest()})])
    lines = [
        line | {"decision": "edit", "edits": {"question": "Which image shows the kite?"}} for line in made.packed()
    ]
    assert made.submitted(lines).stored == 2
    with pytest.raises(MifgError, match="the same"):
        verified_items(made.run)


def test_annotators_who_decide_the_same_items_are_compared(made):
    write_rules(made.run, ReviewRules(overlap=1.0))
    judge(made, "accept", "accept", "reject")
    judge(made, "accept", "reject", "reject", annotator="bob")
    agreement = review_status(made.run).agreement
    assert (agreement.items, agreement.raw) == (3, 2 / 3)
    assert agreement.kappas[0].annotators == ("alice", "bob")


def test_gates_are_judged_by_what_people_found(made):
    gates = [GateResult(gate="lint", passed=True, figures={"share": share}) for share in range(5)]
    verdicts = [Verdict(gates=(gate,), people_first=False) for gate in gates]
    items = [item.model_copy(update={"verdict": v}) for item, v in zip(made.items, verdicts, strict=True)]
    made.write_items(items)
    judge(made, "accept", "accept", "accept", "reject", "reject")
    (prediction,) = review_status(made.run).predictions
    assert (prediction.gate, prediction.figure, prediction.items, prediction.faults) == ("lint", "share", 5, 2)
    assert prediction.auc == 1.0
