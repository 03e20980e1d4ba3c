"""The queue hands out what waits for an annotator, and what it acknowledged is on disk."""

from datetime import UTC, datetime, timedelta

import pytest

from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import Region
from mifg_pipeline.review.queue import ReviewQueue, StaleDecisionError
from mifg_pipeline.store import Edits, EventLog, Judgement
from mifg_pipeline.store.review_rules import ReviewRules, write_rules

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
QUESTION = Edits(question="Which image shows the kite?")


def judgement(item, decision: str, **fields) -> Judgement:
    comment = "because" if decision in ("reject", "flag") else ""
    return Judgement(item_id=item.id, item_digest=item.digest, decision=decision, **{"comment": comment, **fields})


def decide(queue, annotator: str, decision: str, item_id: str | None = None, **fields):
    """Decides an item, by default the next one, as a page would."""
    task = queue.task(annotator, item_id or queue.next(annotator))
    return queue.decide(annotator, judgement(task.item, decision, **fields), task.previous, NOW)


def open_queue(made, **rules) -> ReviewQueue:
    write_rules(made.run, ReviewRules(**rules))
    return ReviewQueue.open(made.run)


@pytest.fixture
def queue(made) -> ReviewQueue:
    return ReviewQueue.open(made.run)


def test_items_in_doubt_come_first_then_the_order_of_the_run(made, queue):
    doubtful = [item.id for item in made.items if item.verdict.people_first]
    others = [item.id for item in made.items if not item.verdict.people_first]
    assert queue.waiting("alice") == doubtful + others
    assert queue.next("alice") == doubtful[0]


def test_what_others_have_before_them_is_not_handed_out(queue):
    first, second, *_ = queue.waiting("alice")
    assert queue.next("bob", taken={first}) == second
    assert queue.next("bob", taken=set(queue.waiting("alice"))) is None


def test_a_decision_is_on_disk_when_it_is_acknowledged(made, queue):
    event = decide(queue, "alice", "accept")
    assert EventLog.of(made.run, "alice").read().events == (event,)


def test_an_item_that_somebody_decided_waits_for_nobody_else(queue):
    item_id = decide(queue, "alice", "accept").item_id
    assert not queue.is_open("bob", item_id)
    assert queue.task("bob", item_id) is None
    assert item_id not in queue.waiting("bob")


def test_an_item_that_needs_two_waits_for_a_second_and_no_third(made):
    queue = open_queue(made, overlap=1.0)
    item_id = decide(queue, "alice", "accept").item_id
    assert queue.next("bob") == item_id
    decide(queue, "bob", "reject", item_id)
    assert not queue.is_open("carol", item_id)


def test_the_second_does_not_see_what_the_first_decided(made):
    queue = open_queue(made, overlap=1.0)
    task = queue.task("bob", decide(queue, "alice", "reject").item_id)
    assert (task.mine, task.previous, task.adjudication) == (None, None, ())


def test_an_unknown_item_is_no_task(queue):
    assert queue.task("alice", "0" * 32) is None
    assert not queue.is_open("alice", "0" * 32)


def test_the_same_decision_submitted_again_is_the_same_event(made, queue):
    task = queue.task("alice", queue.next("alice"))
    first = queue.decide("alice", judgement(task.item, "accept"), task.previous, NOW)
    again = queue.decide("alice", judgement(task.item, "accept"), task.previous, NOW + timedelta(hours=1))
    assert again == first
    assert len(EventLog.of(made.run, "alice").read().events) == 1


def test_a_decision_taken_on_an_earlier_one_is_stale_and_names_what_counts(queue):
    task = queue.task("alice", queue.next("alice"))
    first = queue.decide("alice", judgement(task.item, "accept"), task.previous, NOW)
    with pytest.raises(StaleDecisionError) as stale:
        queue.decide("alice", judgement(task.item, "reject"), task.previous, NOW)
    assert (stale.value.current, stale.value.item) == (first, task.item)


def test_a_decision_stored_by_another_process_makes_the_one_on_the_page_stale(made, queue):
    task = queue.task("alice", queue.next("alice"))
    EventLog.of(made.run, "alice").append([judgement(task.item, "reject")], NOW)
    with pytest.raises(StaleDecisionError) as stale:
        queue.decide("alice", judgement(task.item, "accept"), task.previous, NOW)
    assert stale.value.current.decision == "reject"
    assert not queue.is_open("bob", task.item.id)


def test_a_decision_on_an_item_that_has_changed_is_stale_and_shows_it_as_it_is(made, queue, change_evidence):
    task = queue.task("alice", queue.next("alice"))
    made.write_items([change_evidence(item) for item in made.items])
    queue.refresh()
    with pytest.raises(StaleDecisionError) as stale:
        queue.decide("alice", judgement(task.item, "accept"), task.previous, NOW)
    assert stale.value.item == change_evidence(task.item)


def test_an_item_that_has_changed_is_handed_out_again(made, queue, change_evidence):
    event = decide(queue, "alice", "accept")
    made.write_items([change_evidence(item) for item in made.items])
    queue.refresh()
    task = queue.task("alice", event.item_id)
    assert (task.mine, task.previous) == (None, event.id)
    assert queue.is_open("alice", event.item_id)
    assert decide(queue, "alice", "reject", event.item_id).previous == event.id


def test_a_skipped_item_comes_again_after_all_others(queue):
    skipped = decide(queue, "alice", "skip").item_id
    assert queue.waiting("alice")[-1] == skipped
    assert queue.waiting("bob")[0] == skipped


def test_undo_goes_back_from_item_to_item(queue):
    first, second = decide(queue, "alice", "accept"), decide(queue, "alice", "reject")
    assert queue.undo("alice", NOW) == second.item_id
    assert queue.undo("alice", NOW) == first.item_id
    assert queue.undo("alice", NOW) is None
    assert queue.next("alice") == first.item_id


def test_an_undone_item_waits_for_others_again(queue):
    item_id = decide(queue, "alice", "accept").item_id
    queue.next("bob")
    queue.undo("alice", NOW)
    assert queue.next("bob") == item_id


def test_undoing_nothing_is_refused(made, queue):
    with pytest.raises(MifgError, match="nothing to undo"):
        queue.decide("alice", judgement(made.items[0], "undo"), None, NOW)


def test_edits_that_make_no_valid_item_are_refused_and_store_nothing(made, queue):
    item = made.items[0]
    far = Edits(evidence=(Region(image=1, bbox=(0, 0, 9999, 9)),))
    with pytest.raises(MifgError, match="beyond image 2"):
        queue.decide("alice", judgement(item, "edit", edits=far), None, NOW)
    assert queue.history("alice", 5) == []


def test_checking_edits_gives_the_item_that_they_make(made, queue):
    item = made.items[0]
    assert queue.check(item.id, QUESTION).parent_id == item.id
    with pytest.raises(MifgError, match="control or invisible character"):
        queue.check(item.id, Edits(question="Which image\u202e?"))


def test_an_adjudicator_gets_disagreements_with_the_decisions_and_without_names(made):
    queue = open_queue(made, overlap=1.0, adjudicators=("carol",))
    item_id = decide(queue, "alice", "accept").item_id
    assert queue.next("carol") is None
    decide(queue, "bob", "reject", item_id)
    assert queue.waiting("carol") == [item_id]
    opinions = queue.task("carol", item_id).adjudication
    assert sorted(event.decision for event in opinions) == ["accept", "reject"]
    assert [event.annotator for event in opinions] == ["A", "B"]


def test_what_an_adjudicator_decided_is_settled(made):
    queue = open_queue(made, adjudicators=("carol",))
    item_id = decide(queue, "alice", "flag").item_id
    decide(queue, "carol", "accept", item_id)
    assert queue.next("carol") is None


def test_gold_items_are_mixed_in_for_everybody_and_not_counted_as_open(made):
    gold = made.items[3]
    EventLog.of(made.run, "carol").append([judgement(gold, "reject")], NOW)
    queue = open_queue(made, adjudicators=("carol",), gold=(gold.id,), gold_share=0.5)
    for annotator in ("alice", "bob"):
        assert queue.waiting(annotator).count(gold.id) == 1
    assert queue.progress("alice").open == 4
    decide(queue, "alice", "accept", gold.id)
    assert queue.is_open("bob", gold.id)


def test_what_other_processes_stored_is_seen_after_a_refresh(made, queue):
    item_id = queue.next("alice")
    decide(ReviewQueue.open(made.run), "bob", "accept", item_id)
    queue.refresh()
    assert queue.next("alice") != item_id


def test_a_log_that_was_replaced_is_read_anew(made, queue):
    decide(queue, "alice", "accept")
    made.run.review.joinpath("alice.jsonl").unlink()
    queue.refresh()
    assert queue.progress("alice").decided == 0


def test_a_decision_on_a_log_that_was_replaced_is_not_taken_before_it_was_read_anew(made, queue):
    event = decide(queue, "alice", "accept")
    made.run.review.joinpath("alice.jsonl").unlink()
    item = queue.task("alice", event.item_id).item
    with pytest.raises(MifgError, match="was replaced"):
        queue.decide("alice", judgement(item, "reject"), event.id, NOW)
    assert queue.decide("alice", judgement(item, "reject"), None, NOW).previous is None


def test_progress_counts_items_and_tells_the_pace(queue):
    for seconds, decision in ((10, "accept"), (20, "reject"), (None, "skip")):
        decide(queue, "alice", decision, seconds=seconds)
    progress = queue.progress("alice")
    assert (progress.decided, progress.open, progress.median_seconds, progress.pace) == (2, 3, 15, 240)


def test_the_history_is_newest_first(queue):
    events = [decide(queue, "alice", decision) for decision in ("accept", "reject", "skip")]
    assert queue.history("alice", 2) == [events[2], events[1]]


def test_faults_that_people_find_bring_items_of_the_same_form_forward(made):
    forms = ["one", "one", "two", "two", "two"]
    items = [
        item.model_copy(
            update={
                "provenance": item.provenance.model_copy(update={"writer": form}),
                "verdict": item.verdict.model_copy(update={"people_first": False}),
            }
        )
        for item, form in zip(made.items, forms, strict=True)
    ]
    made.write_items(items)
    queue = ReviewQueue.open(made.run)
    assert queue.next("alice") == items[0].id
    decide(queue, "alice", "reject", items[2].id)
    assert queue.next("alice") == items[3].id


def test_a_figure_of_a_gate_that_is_no_number_is_no_damage(made):
    content = made.run.candidates_path.read_text(encoding="utf-8")
    made.run.candidates_path.write_text(content.replace('"figures":{', '"figures":{"none":NaN,', 1), encoding="utf-8")
    queue = ReviewQueue.open(made.run)
    assert decide(queue, "alice", "accept", made.items[0].id).decision == "accept"
