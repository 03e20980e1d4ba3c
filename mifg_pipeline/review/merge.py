"""Takes in event logs from other machines: copies of the run that other people reviewed."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from mifg_pipeline.review.lines import Refusal, bounded_lines
from mifg_pipeline.store.events import Appended, EventLog
from mifg_pipeline.store.review_records import ReviewEvent, validation_problems
from mifg_pipeline.store.run_folder import RunFolder


@dataclass(frozen=True)
class Merged:
    """What became of an event log from elsewhere.

    Attributes:
        events: Whole events that it holds.
        appended: What was stored, by annotator; the rest was known, or the annotator decided otherwise since.
        refused: Lines of which nothing is taken, in order.
    """

    events: int
    refused: list[Refusal]
    appended: Mapping[str, Appended] = field(default_factory=dict)

    @property
    def stored(self) -> int:
        """Events that were stored."""
        return sum(len(appended.events) for appended in self.appended.values())


def merge(run: RunFolder, path: Path) -> Merged:
    """Stores what an event log from a copy of the run adds; merging it again changes nothing.

    Args:
        run: The run.
        path: A log as ``RUN/review/ANNOTATOR.jsonl`` is one, of any number of annotators.

    Raises:
        MifgError: If the file or the run cannot be read, or the run cannot be written.
    """
    ids = {item.id for item in run.candidates()}
    events: defaultdict[str, list[ReviewEvent]] = defaultdict(list)
    refused = []
    for number, content in bounded_lines(path):
        event = _event(number, content, ids)
        if isinstance(event, Refusal):
            refused.append(event)
        else:
            events[event.annotator].append(event)
    appended = {annotator: EventLog.of(run, annotator).merge(others) for annotator, others in events.items()}
    return Merged(sum(map(len, events.values())), refused, appended)


def _event(number: int, content: bytes | None, ids: set[str]) -> ReviewEvent | Refusal:
    if content is None:
        return Refusal(number, "The line is too long to be an event.")
    try:
        event = ReviewEvent.model_validate_json(content)
    except ValidationError as error:
        return Refusal(number, f"The line is no event: {validation_problems(error)}.")
    if event.item_id not in ids:
        return Refusal(number, f"The run has no item {event.item_id[:80]!r}. Merge logs of copies of this run.")
    return event
