"""Logs from copies of a run are taken in once, and what was decided last counts."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.review.merge import merge
from mifg_pipeline.store import EventLog, Judgement, RunFolder
from mifg_pipeline.store.new_events import Past, merged_events

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
STEPS = st.lists(st.tuples(st.booleans(), st.sampled_from("xyz"), st.sampled_from(["accept", "skip", "undo"])))


def accept(item, comment: str = "") -> Judgement:
    return Judgement(item_id=item.id, item_digest=item.digest, decision="accept", comment=comment)


@pytest.fixture
def copied(made, tmp_path) -> RunFolder:
    shutil.copytree(made.run.root, tmp_path / "copy")
    return RunFolder(tmp_path / "copy")


def test_a_log_of_another_machine_is_taken_over_as_it_is(made, copied):
    elsewhere = EventLog.of(copied, "bob")
    events = elsewhere.append([accept(item) for item in made.items], NOW).events
    assert merge(made.run, elsewhere.path).stored == 5
    assert made.events("bob") == events


def test_merging_again_adds_nothing(made, copied):
    elsewhere = EventLog.of(copied, "alice")
    EventLog.of(made.run, "alice").append([accept(made.items[0], "here")], NOW)
    elsewhere.append([accept(item, "there") for item in made.items], NOW + timedelta(minutes=1))
    assert merge(made.run, elsewhere.path).stored == 5
    assert merge(made.run, elsewhere.path).stored == 0


@pytest.mark.parametrize(("minutes", "counts"), [(1, "there"), (-1, "here")])
def test_of_two_decisions_of_one_annotator_the_later_counts(made, copied, minutes, counts):
    elsewhere = EventLog.of(copied, "alice")
    EventLog.of(made.run, "alice").append([accept(made.items[0], "here")], NOW)
    elsewhere.append([accept(made.items[0], "there")], NOW + timedelta(minutes=minutes))
    merge(made.run, elsewhere.path)
    assert made.events()[-1].comment == counts


def test_lines_that_are_no_events_of_the_run_are_refused_with_their_numbers(made, copied, tmp_path):
    elsewhere = EventLog.of(copied, "bob")
    stranger = Judgement(item_id="0" * 32, item_digest="0", decision="accept")
    elsewhere.append([accept(made.items[0]), stranger], NOW)
    lines = elsewhere.path.read_text(encoding="utf-8").splitlines()
    forged = json.dumps(json.loads(lines[0]) | {"decision": "skip"})
    file = tmp_path / "log.jsonl"
    file.write_text("\n".join([*lines, forged, "{"]), encoding="utf-8")
    merged = merge(made.run, file)
    assert [refusal.number for refusal in merged.refused] == [2, 3, 4]
    assert "edited by hand or damaged" in merged.refused[1].problem
    assert len(made.events("bob")) == 1


@given(STEPS)
def test_merging_gives_what_was_decided_last_wherever_that_was(steps):
    here, there = Past("alice"), Past("alice")
    events_here, events_there, last = [], [], {}
    for number, (is_here, item, decision) in enumerate(steps):
        judged = Judgement(item_id=item, item_digest="d", decision=decision, comment=str(number))
        past, events = (here, events_here) if is_here else (there, events_there)
        if not past.says(judged):
            event = past.event(judged, NOW + timedelta(seconds=number))
            past.follow(event)
            events.append(event)
            last[item] = event
    added = merged_events("alice", events_here, events_there)
    merged = [*events_here, *added]
    latest = {event.item_id: event for event in merged}
    assert {item: event.comment for item, event in latest.items() if event.decision != "undo"} == {
        item: event.comment for item, event in last.items() if event.decision != "undo"
    }
    assert merged_events("alice", merged, events_there) == []
