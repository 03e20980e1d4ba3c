"""Progress is told by the annotator's own events."""

from datetime import UTC, date, datetime, timedelta

import pytest

from mifg_pipeline.review.progress import progress_of
from mifg_pipeline.store import Judgement
from mifg_pipeline.store.new_events import Past

MIDNIGHT = datetime(2026, 1, 2, tzinfo=UTC)
TODAY = date(2026, 1, 2)


def events_of(*decided: tuple[str, float | None], begin: datetime = MIDNIGHT) -> list:
    past = Past("alice")
    return [
        past.event(
            Judgement(item_id=str(k), item_digest="d", decision=decision, comment="because", seconds=seconds),
            begin + timedelta(minutes=k),
        )
        for k, (decision, seconds) in enumerate(decided)
    ]


def test_who_decided_nothing_has_no_pace():
    progress = progress_of([], 0, 7, TODAY)
    assert (progress.open, progress.decided_today, progress.median_seconds, progress.pace) == (7, 0, None, None)


def test_decisions_before_midnight_are_not_of_today():
    events = events_of(*[("accept", None)] * 5, begin=MIDNIGHT - timedelta(minutes=2))
    assert progress_of(events, 5, 0, TODAY).decided_today == 3


@pytest.mark.parametrize("decision", ["skip", "undo"])
def test_what_decides_nothing_is_not_timed_or_counted(decision):
    progress = progress_of(events_of(("accept", 10.0), (decision, 1000.0)), 1, 0, TODAY)
    assert (progress.decided_today, progress.median_seconds, progress.pace) == (1, 10.0, 360.0)


def test_the_pace_is_that_of_the_last_twenty_and_the_median_that_of_all():
    events = events_of(*[("accept", 100.0)] * 30, *[("reject", 10.0)] * 20)
    progress = progress_of(events, 50, 0, TODAY)
    assert (progress.pace, progress.median_seconds) == (360.0, 100.0)


def test_decisions_that_took_no_time_give_no_pace():
    assert progress_of(events_of(("accept", 0.0)), 1, 0, TODAY).pace is None
