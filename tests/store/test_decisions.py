"""What becomes of an item by what people decided on it."""

from datetime import UTC, datetime
from itertools import permutations

import pytest

from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import Answer, Item, Probe, Region
from mifg_pipeline.store.decisions import edited_item, review_items
from mifg_pipeline.store.new_events import new_events
from mifg_pipeline.store.review_records import Edits, Judgement
from mifg_pipeline.store.review_rules import ReviewRules

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
QUESTION = Edits(question="Which of Images 1 and 2 shows the kite?")
EVIDENCE = Edits(evidence=(Region(image=1, bbox=(90, 90, 150, 150), label="kite"),))


@pytest.fixture
def item(make_item) -> Item:
    return make_item()


def events_of(annotator: str, item: Item, *decisions: str | Edits, digest: str | None = None) -> list:
    judgements = [
        Judgement(item_id=item.id, item_digest=digest or item.digest, decision="edit", edits=decision)
        if isinstance(decision, Edits)
        else Judgement(item_id=item.id, item_digest=digest or item.digest, decision=decision, comment="because")
        for decision in decisions
    ]
    return new_events(annotator, [], judgements, NOW)


def reviewed(item: Item, *events_by_annotator: list):
    (result,) = review_items([item], [event for events in events_by_annotator for event in events], ReviewRules())
    return result


@pytest.mark.parametrize(
    ("decisions", "status", "decision"),
    [
        ([], "open", None),
        (["accept"], "verified", "accept"),
        ([QUESTION], "verified", "edit"),
        (["reject"], "rejected", "reject"),
        (["flag"], "flagged", "flag"),
        (["skip"], "open", None),
        (["accept", "undo"], "open", None),
        (["accept", "skip"], "open", None),
        (["accept", "reject"], "rejected", "reject"),
        (["reject", "accept"], "verified", "accept"),
        (["flag", "accept"], "verified", "accept"),
    ],
)
def test_the_latest_event_of_an_annotator_counts(item, decisions, status, decision):
    result = reviewed(item, events_of("alice", item, *decisions))
    assert (result.status, result.decision) == (status, decision)
    assert result.annotators == (() if status == "open" else ("alice",))


@pytest.mark.parametrize(
    ("decisions", "status"),
    [
        (["accept", "accept"], "verified"),
        (["accept", "skip"], "verified"),
        (["reject", "reject"], "rejected"),
        (["accept", "reject"], "disagreement"),
        ([QUESTION, "reject"], "disagreement"),
        ([QUESTION, QUESTION], "verified"),
        ([QUESTION, EVIDENCE], "disagreement"),
        ([QUESTION, "accept"], "disagreement"),
        (["accept", "flag"], "flagged"),
        (["reject", "flag"], "flagged"),
        (["accept", "accept", "reject"], "disagreement"),
    ],
)
def test_people_of_different_opinion_leave_an_item_unverified_in_whatever_order_they_decide(item, decisions, status):
    for order in permutations(decisions):
        people = [events_of(name, item, decision) for name, decision in zip("abc", order, strict=False)]
        assert {reviewed(item, *arrival).status for arrival in permutations(people)} == {status}


def test_a_decision_on_another_digest_does_not_count(item):
    assert reviewed(item, events_of("alice", item, "reject", digest="0" * 32)).status == "open"


def test_a_decision_counts_again_when_its_item_is_as_it_was(item):
    then, since = events_of("alice", item, "accept"), events_of("alice", item, "reject", digest="0" * 32)
    assert reviewed(item, then, since).status == "verified"


def test_a_verified_edit_exports_the_edited_item(item):
    result = reviewed(item, events_of("alice", item, QUESTION))
    assert result.item == edited_item(item, QUESTION)
    assert result.candidate == item


@pytest.mark.parametrize("decision", ["accept", "reject", "skip"])
def test_without_a_verified_edit_the_candidate_is_exported(item, decision):
    assert reviewed(item, events_of("alice", item, QUESTION, decision)).item == item


def test_an_edited_question_is_a_new_item_with_its_parent(item):
    edited = edited_item(item, QUESTION)
    assert edited.question == QUESTION.question
    assert edited.parent_id == item.id
    assert edited.id != item.id
    assert edited.images == item.images


def test_edited_evidence_keeps_the_id_and_changes_the_digest(item):
    edited = edited_item(item, EVIDENCE)
    assert edited.id == item.id
    assert edited.digest != item.digest
    assert edited.evidence == EVIDENCE.evidence


@pytest.mark.parametrize(("edits", "is_kept"), [(EVIDENCE, True), (QUESTION, False)])
def test_what_solvers_made_of_a_question_says_nothing_of_another(item, edits, is_kept):
    probe = Probe(kind="difficulty", solver=("seer",), pixels=100, attempts=2, correct=1, answers=("A", "B"))
    assert edited_item(item.model_copy(update={"probes": (probe,)}), edits).probes == ((probe,) if is_kept else ())


def test_an_answer_that_is_no_choice_drops_the_options(item):
    assert edited_item(item, Edits(answer=Answer(kind="integer", value=2))).options is None


def test_options_can_be_edited_together_with_the_answer(item):
    edits = Edits(options=("Image 1", "Image 2", "both"), answer=Answer(kind="choice", value="C"))
    assert edited_item(item, edits).answer_text() == "both"


@pytest.mark.parametrize(
    ("edits", "problem"),
    [
        (Edits(question=""), "question: String should have at least 1 character"),
        (Edits(options=("one",)), "1 options; a choice has 2 to 10"),
        (Edits(answer=Answer(kind="choice", value="C")), "key 'C' is beyond the 2 options"),
        (Edits(options=("1", "2"), answer=Answer(kind="integer", value=2)), "options are given for an answer of kind"),
        (Edits(evidence=()), "evidence: Tuple should have at least 1 item"),
        (Edits(evidence=(Region(image=2, bbox=(0, 0, 9, 9)),)), "evidence in image index 2"),
        (
            Edits(evidence=(Region(image=1, bbox=(0, 0, 1001, 9)),)),
            "reaches beyond image 2 .index 1., which is 1000 x 800",
        ),
        (
            Edits(evidence=(Region(image=1, bbox=(0, 0, 9, 801)),)),
            "reaches beyond image 2 .index 1., which is 1000 x 800",
        ),
        (Edits(answer=Answer(kind="number", value=float("nan"))), "not JSON compliant"),
        (Edits(question="Which of Images 1 and 2 shows the red kite?"), "they change nothing"),
    ],
)
def test_edits_that_make_no_valid_item_are_refused(item, edits, problem):
    with pytest.raises(MifgError, match=problem):
        edited_item(item, edits)
