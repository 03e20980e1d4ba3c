"""What counts already adds nothing; what was decided last counts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mifg_pipeline.items import Answer
from mifg_pipeline.store.new_events import new_events
from mifg_pipeline.store.review_records import Edits, Judgement, ReviewEvent

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def judgement(decision: str, item: str = "item", digest: str = "digest", **fields) -> Judgement:
    if decision in ("reject", "flag"):
        fields = {"reasons": ("ambiguous",), **fields}
    if decision == "edit":
        fields = {"edits": Edits(question="Where is it?"), **fields}
    return Judgement(item_id=item, item_digest=digest, decision=decision, **fields)


JUDGEMENTS = st.builds(
    judgement,
    st.sampled_from(["accept", "reject", "edit", "skip", "flag", "undo"]),
    item=st.sampled_from(["one", "two"]),
    digest=st.sampled_from(["before", "after"]),
    comment=st.sampled_from(["", "hm"]),
    seconds=st.none() | st.floats(0, 100),
)


FILES = st.lists(st.lists(JUDGEMENTS, max_size=4, unique_by=lambda judgement: judgement.item_id), max_size=8)
"""Review files, submitted one after another; each names an item once."""


def submitted(files: list[list[Judgement]]) -> list[ReviewEvent]:
    events: list[ReviewEvent] = []
    for file in files:
        events += new_events("alice", events, file, NOW)
    return events


@given(FILES)
def test_submitting_the_last_file_again_adds_nothing(files):
    events = submitted(files)
    again = files[-1] if files else []
    assert new_events("alice", events, again, NOW + timedelta(days=1)) == []


@given(FILES)
def test_what_was_decided_last_on_a_digest_counts(files):
    last = {(decided.item_id, decided.item_digest): decided for file in files for decided in file}
    counting = {(event.item_id, event.item_digest): event for event in submitted(files)}
    for key, decided in last.items():
        assert counting[key].decides_like(decided) if key in counting else decided.decision == "undo"


@given(FILES)
def test_every_event_has_an_id_of_its_own_and_follows_the_one_before_it_on_the_item(files):
    events = submitted(files)
    assert len({event.id for event in events}) == len(events)
    latest: dict[str, str] = {}
    for event in events:
        assert event.previous == latest.get(event.item_id)
        latest[event.item_id] = event.id


@given(FILES, st.data())
def test_a_file_whose_events_were_stored_in_part_is_completed_by_submitting_it_again(files, data):
    past = submitted(files[:-1])
    file = files[-1] if files else []
    whole = new_events("alice", past, file, NOW)
    kept = whole[: data.draw(st.integers(0, len(whole)))]
    assert kept + new_events("alice", past + kept, file, NOW) == whole


def test_the_id_of_an_event_does_not_depend_on_the_time():
    (now,) = new_events("alice", [], [judgement("accept", seconds=1.0)], NOW)
    (later,) = new_events("alice", [], [judgement("accept", seconds=9.0)], NOW + timedelta(days=1))
    assert now.id == later.id


def test_changing_ones_mind_back_and_forth_gives_three_events():
    events = submitted([[judgement("accept")], [judgement("reject")], [judgement("accept")]])
    assert [event.decision for event in events] == ["accept", "reject", "accept"]
    assert events[0].id != events[2].id


def test_undoing_nothing_adds_nothing():
    assert submitted([[judgement("undo")]]) == []


def test_another_comment_is_another_decision():
    assert len(submitted([[judgement("accept")], [judgement("accept", comment="nice")]])) == 2


def test_reasons_count_in_any_order_and_once():
    first = judgement("reject", reasons=("too-easy", "ambiguous", "ambiguous"))
    assert len(submitted([[first], [judgement("reject", reasons=("ambiguous", "too-easy"))]])) == 1


def test_an_edited_number_is_the_same_whether_written_as_1_or_as_1_0():
    edits = [Edits(answer=Answer(kind="number", value=value)) for value in (1, 1.0)]
    assert len(submitted([[judgement("edit", edits=edit)] for edit in edits])) == 1


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"decision": "edit"}, "needs something in edits"),
        ({"decision": "accept", "edits": Edits(question="Why?")}, "edits count with decision 'edit' only"),
        ({"decision": "reject"}, "needs one of the reasons, or a comment"),
        ({"decision": "flag", "comment": "  "}, "needs one of the reasons, or a comment"),
    ],
)
def test_a_judgement_that_is_not_complete_is_refused(fields, problem):
    with pytest.raises(ValidationError, match=problem):
        Judgement(item_id="item", item_digest="digest", **fields)


def test_an_event_that_was_changed_by_hand_is_refused():
    (event,) = submitted([[judgement("accept")]])
    with pytest.raises(ValidationError, match="edited by hand or damaged"):
        ReviewEvent.model_validate(event.model_dump() | {"decision": "skip"})
