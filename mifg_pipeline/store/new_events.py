"""The events that judgements add to an annotator's log, as a pure function of what the annotator decided before."""

from collections.abc import Iterable
from datetime import datetime

from mifg_pipeline.store.review_records import Judgement, ReviewEvent


class Past:
    """What one annotator decided so far, as far as the next event depends on it."""

    def __init__(self, annotator: str) -> None:
        self.annotator = annotator
        self._latest: dict[str, ReviewEvent] = {}
        self._counting: dict[tuple[str, str], ReviewEvent] = {}

    def follow(self, event: ReviewEvent) -> None:
        """Takes in the annotator's next event."""
        self._latest[event.item_id] = event
        self._counting[event.item_id, event.item_digest] = event

    def latest_id(self, item_id: str) -> str | None:
        """Id of the annotator's latest event on the item, whatever its digest was then."""
        latest = self._latest.get(item_id)
        return latest.id if latest else None

    def latest_on(self, item_id: str, item_digest: str) -> ReviewEvent | None:
        """The annotator's latest event on the item as it was with that digest; it may be an ``undo``."""
        return self._counting.get((item_id, item_digest))

    def is_newer(self, event: ReviewEvent) -> bool:
        """Whether the event was stored after all that the annotator decided on its item."""
        latest = self._latest.get(event.item_id)
        return latest is None or latest.time < event.time

    def says(self, judgement: Judgement) -> bool:
        """Whether the judgement says what counts already; so does ``undo`` where nothing was ever decided."""
        current = self.latest_on(judgement.item_id, judgement.item_digest)
        return judgement.decision == "undo" if current is None else current.decides_like(judgement)

    def event(self, judgement: Judgement, time: datetime) -> ReviewEvent:
        """The event that stores the judgement, stored at that time, UTC."""
        decided = {name: getattr(judgement, name) for name in Judgement.model_fields}
        stored = {**decided, "previous": self.latest_id(judgement.item_id), "annotator": self.annotator, "time": time}
        return ReviewEvent(**stored, id=ReviewEvent.model_construct(**stored, id="").compute_id())


def new_events(
    annotator: str, past: Iterable[ReviewEvent], judgements: Iterable[Judgement], time: datetime
) -> list[ReviewEvent]:
    """The events that the judgements add to the annotator's log.

    A judgement that says what counts already adds none, so that submitting the same again changes nothing.

    Args:
        annotator: Who judged.
        past: The annotator's events so far, in order.
        judgements: In order.
        time: When they are stored, UTC.
    """
    known = Past(annotator)
    for event in past:
        known.follow(event)
    added = []
    for judgement in judgements:
        if not known.says(judgement):
            event = known.event(judgement, time)
            known.follow(event)
            added.append(event)
    return added


def merged_events(annotator: str, past: Iterable[ReviewEvent], others: Iterable[ReviewEvent]) -> list[ReviewEvent]:
    """The events that a log of the same annotator from elsewhere adds to the annotator's log.

    An event counts where nothing was decided on its item later. It keeps its time, and its id where the same came
    before it here and there; so merging again adds nothing.

    Args:
        annotator: Whose logs both are.
        past: The annotator's events here, in order.
        others: The events from elsewhere, in order.
    """
    known = Past(annotator)
    for event in past:
        known.follow(event)
    added = []
    for other in others:
        if known.is_newer(other) and not known.says(other):
            event = known.event(other, other.time)
            known.follow(event)
            added.append(event)
    return added
