"""How far the review of a run is."""

from collections import Counter
from collections.abc import Sequence
from statistics import median

from mifg_pipeline.items import SCHEMA_VERSION, Item, Record, SchemaVersion
from mifg_pipeline.store.decisions import counting_events, review_items
from mifg_pipeline.store.events import LogContents, event_logs
from mifg_pipeline.store.run_folder import RunFolder


class AnnotatorStatus(Record):
    """How far one annotator is.

    Attributes:
        open: Items without a decision of this annotator; those skipped are counted apart.
        accept_rate: Accepted and edited ones among those accepted, edited or rejected; None where there are none.
        median_seconds: Per decision, where the time was measured; None where it never was.
        stale: Events that do not count because their item has changed or is gone.
        torn: Whether a crash left an unfinished line, which the next submit sets aside.
    """

    annotator: str
    accepted: int
    rejected: int
    edited: int
    flagged: int
    skipped: int
    open: int
    accept_rate: float | None
    median_seconds: float | None
    stale: int
    torn: bool


class ReviewStatus(Record):
    """How far the review of a run is; the items by what becomes of them, and each annotator's share."""

    schema_version: SchemaVersion = SCHEMA_VERSION
    items: int
    open: int
    verified: int
    rejected: int
    flagged: int
    disagreement: int
    annotators: tuple[AnnotatorStatus, ...]


def review_status(run: RunFolder) -> ReviewStatus:
    """Reads candidates and event logs, and counts.

    Raises:
        MifgError: If there are no candidates yet, or a file is damaged.
    """
    items = list(run.candidates())
    logs = {log.annotator: log.read() for log in event_logs(run)}
    events = [event for contents in logs.values() for event in contents.events]
    counts = Counter(reviewed.status for reviewed in review_items(items, events))
    return ReviewStatus(
        items=len(items),
        open=counts["open"],
        verified=counts["verified"],
        rejected=counts["rejected"],
        flagged=counts["flagged"],
        disagreement=counts["disagreement"],
        annotators=tuple(annotator_status(name, items, contents) for name, contents in logs.items()),
    )


def annotator_status(annotator: str, items: Sequence[Item], log: LogContents) -> AnnotatorStatus:
    """Counts what one annotator decided.

    Args:
        annotator: Whose log it is.
        items: The candidates of the run.
        log: What it holds.
    """
    counting = [event for _, events in counting_events(items, log.events) for event in events.values()]
    decisions = Counter(event.decision for event in counting)
    passed = decisions["accept"] + decisions["edit"]
    judged = passed + decisions["reject"]
    seconds = [event.seconds for event in counting if event.seconds is not None]
    current = {(item.id, item.digest) for item in items}
    return AnnotatorStatus(
        annotator=annotator,
        accepted=decisions["accept"],
        rejected=decisions["reject"],
        edited=decisions["edit"],
        flagged=decisions["flag"],
        skipped=decisions["skip"],
        open=len(items) - len(counting),
        accept_rate=passed / judged if judged else None,
        median_seconds=median(seconds) if seconds else None,
        stale=sum((event.item_id, event.item_digest) not in current for event in log.events),
        torn=bool(log.torn),
    )
