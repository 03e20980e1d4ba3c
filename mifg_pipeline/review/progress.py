"""How far an annotator is, and how fast."""

from collections.abc import Sequence
from datetime import date
from itertools import islice, takewhile
from statistics import fmean, median
from typing import Final

from mifg_pipeline.items import Record
from mifg_pipeline.store.review_records import ReviewEvent

_RECENT: Final = 20
"""Decisions that the pace is worked out from."""

_LATEST: Final = 1000
"""Events that the median is worked out from: it is asked for after every decision."""

_SECONDS_OF_AN_HOUR: Final = 3600


class Progress(Record):
    """How far an annotator is.

    Attributes:
        decided: Items that the annotator decided; those skipped are not counted.
        open: Items that wait for the annotator.
        decided_today: Decisions since midnight, UTC.
        median_seconds: Per decision, by those of the last thousand events whose time was measured; None where none was.
        pace: Items per hour, by the last twenty decisions whose time was measured; None where none was.
    """

    decided: int
    open: int
    decided_today: int
    median_seconds: float | None
    pace: float | None


def progress_of(events: Sequence[ReviewEvent], decided: int, open_items: int, today: date) -> Progress:
    """Works out an annotator's progress.

    Args:
        events: All events of the annotator, in order.
        decided: Items that the annotator decided.
        open_items: Items that wait for the annotator.
        today: The day, UTC.
    """
    latest = (event for event in islice(reversed(events), _LATEST) if is_decision(event))
    timed = [event.seconds for event in latest if event.seconds is not None]
    recent = fmean(timed[:_RECENT]) if timed else 0.0
    today_first = takewhile(lambda event: event.time.date() >= today, reversed(events))
    return Progress(
        decided=decided,
        open=open_items,
        decided_today=sum(is_decision(event) for event in today_first),
        median_seconds=median(timed) if timed else None,
        pace=_SECONDS_OF_AN_HOUR / recent if recent else None,
    )


def is_decision(event: ReviewEvent) -> bool:
    """Whether the annotator made up their mind by it."""
    return event.decision not in ("skip", "undo")
