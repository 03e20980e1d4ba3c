"""A line whose id holds is read without validation and gives the same event as with it; any other is validated."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mifg_pipeline.items import Answer, Region
from mifg_pipeline.store.event_lines import parsed_event
from mifg_pipeline.store.new_events import Past
from mifg_pipeline.store.review_records import Edits, Judgement, ReviewEvent

NOW = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
EDITS = st.builds(
    Edits,
    question=TEXT.filter(bool),
    answer=st.none()
    | st.builds(Answer, kind=st.just("number"), value=st.floats(allow_nan=False, allow_infinity=False))
    | st.builds(Answer, kind=st.just("integer"), value=st.integers(-(10**30), 10**30)),
    evidence=st.none() | st.just((Region(image=1, bbox=(1, 2, 3, 4), label="ä"),)),
)
JUDGEMENTS = st.builds(
    Judgement,
    item_id=TEXT,
    item_digest=TEXT,
    decision=st.sampled_from(["accept", "reject", "skip", "flag", "undo"]),
    reasons=st.sets(st.sampled_from(["ambiguous", "too-easy"]), min_size=1).map(tuple),
    comment=TEXT,
    seconds=st.none() | st.floats(0, 1e6),
) | st.builds(Judgement, item_id=TEXT, item_digest=TEXT, decision=st.just("edit"), edits=EDITS)


def line_of(judgement: Judgement, **changes) -> bytes:
    event = Past("alice").event(judgement, NOW)
    return json.dumps(json.loads(event.model_dump_json()) | changes).encode()


ACCEPT = Judgement(item_id="one", item_digest="d", decision="accept", seconds=2.5)


@given(JUDGEMENTS)
def test_an_event_is_read_as_it_was_written(judgement):
    event = Past("alice").event(judgement, NOW)
    line = event.model_dump_json().encode()
    assert parsed_event(line) == event == ReviewEvent.model_validate_json(line)
    assert parsed_event(line).model_dump_json().encode() == line


@pytest.mark.parametrize(
    "changes",
    [
        {"decision": "skip"},
        {"id": "0" * 32},
        {"annotator": "bob"},
        {"time": "yesterday"},
        {"time": "2026-01-02T03:04:05"},
        {"seconds": -1.0},
        {"seconds": "long"},
        {"schema_version": 2},
        {"more": 1},
    ],
)
def test_a_line_that_was_changed_is_refused(changes):
    with pytest.raises(ValidationError):
        parsed_event(line_of(ACCEPT, **changes))


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"null", b"\xff", b"7"])
def test_a_line_that_is_no_event_is_refused(line):
    with pytest.raises(ValidationError):
        parsed_event(line)


def test_seconds_written_as_a_whole_number_are_read():
    assert parsed_event(line_of(ACCEPT, seconds=3)).seconds == 3.0
