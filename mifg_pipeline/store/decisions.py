"""The rules of review, as pure functions: which events count, and what becomes of an item by them.

* The latest event of an annotator on an item counts, if its digest is that of the item as it is now.
* ``skip`` and ``undo`` leave the item open.
* An edit counts as an accept of the edited item.
* Verified means accepted, and nobody of another opinion. One person is enough.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import ValidationError

from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import Item
from mifg_pipeline.store.review_records import Decision, Edits, Judgement, ReviewEvent, validation_problems

Status = Literal["open", "verified", "rejected", "flagged", "disagreement"]


@dataclass(frozen=True)
class ReviewedItem:
    """An item with what people decided on it.

    Attributes:
        candidate: The item as it was generated.
        status: What becomes of it; ``flagged`` as soon as one person flags it.
        item: The item to export: the edited one where an edit was verified, else the candidate.
        decision: What all decided; None while it is open, or where they differ.
        annotators: Who decided, sorted.
    """

    candidate: Item
    status: Status
    item: Item
    decision: Decision | None
    annotators: tuple[str, ...]


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
    latest_id: dict[str, str] = {}
    counting: dict[tuple[str, str], ReviewEvent] = {}
    added: list[ReviewEvent] = []

    def follow(event: ReviewEvent) -> None:
        latest_id[event.item_id] = event.id
        counting[event.item_id, event.item_digest] = event

    for event in past:
        follow(event)
    for judgement in judgements:
        current = counting.get((judgement.item_id, judgement.item_digest))
        if _changes_nothing(judgement, current):
            continue
        event = _event(annotator, judgement, latest_id.get(judgement.item_id), time)
        follow(event)
        added.append(event)
    return added


def counting_events(
    items: Iterable[Item], events: Iterable[ReviewEvent]
) -> Iterator[tuple[Item, dict[str, ReviewEvent]]]:
    """The items, in their order, each with the event that counts of each annotator, by name; ``undo`` is left out.

    Args:
        items: The candidates of a run.
        events: Each annotator's in order.
    """
    latest: defaultdict[tuple[str, str], dict[str, ReviewEvent]] = defaultdict(dict)
    for event in events:
        latest[event.item_id, event.item_digest][event.annotator] = event
    for item in items:
        of_item = latest.get((item.id, item.digest), {})
        yield item, {name: of_item[name] for name in sorted(of_item) if of_item[name].decision != "undo"}


def review_items(items: Iterable[Item], events: Iterable[ReviewEvent]) -> Iterator[ReviewedItem]:
    """The items, in their order, with what became of each.

    Args:
        items: The candidates of a run.
        events: All events of the run; each annotator's in order.

    Raises:
        MifgError: If an event has edits that make no valid item.
    """
    for item, counting in counting_events(items, events):
        yield _reviewed(item, [event for event in counting.values() if event.decision != "skip"])


def edited_item(item: Item, edits: Edits) -> Item:
    """The item that a reviewer's edits make: a new digest, the candidate's id as ``parent_id``.

    Its verdict and provenance are those of the candidate. Where the evidence alone is edited, the id stays, and so do
    the probes; of another question nobody knows what solvers would make.

    Raises:
        MifgError: If the edits make no valid item.
    """
    changes = {name: getattr(edits, name) for name in Edits.model_fields if getattr(edits, name) is not None}
    if edits.answer is not None and edits.answer.kind != "choice":
        changes.setdefault("options", None)
    unchecked = item.model_copy(update={**changes, "parent_id": item.id})
    try:
        identity = {"id": unchecked.compute_id(), "digest": unchecked.compute_digest()}
        probes = item.probes if identity["id"] == item.id else ()
        edited = Item.model_validate(unchecked.model_copy(update={**identity, "probes": probes}).model_dump())
    except ValidationError as error:
        raise _invalid_edits(item, validation_problems(error)) from error
    except ValueError as error:  # a number that JSON cannot hold has no digest
        raise _invalid_edits(item, str(error)) from error
    if edited.digest == item.digest:
        raise _invalid_edits(item, "they change nothing")
    for region in edited.evidence:
        image = edited.images[region.image]
        if region.bbox[2] > image.width or region.bbox[3] > image.height:
            box, size = list(region.bbox), f"{image.width} x {image.height}"
            raise _invalid_edits(item, f"box {box} reaches beyond image {region.image}, which is {size} pixels")
    return edited


def _changes_nothing(judgement: Judgement, current: ReviewEvent | None) -> bool:
    return judgement.decision == "undo" if current is None else current.decides_like(judgement)


def _event(annotator: str, judgement: Judgement, previous: str | None, time: datetime) -> ReviewEvent:
    decided = {name: getattr(judgement, name) for name in Judgement.model_fields}
    unnamed = ReviewEvent.model_construct(**decided, id="", previous=previous, annotator=annotator, time=time)
    return ReviewEvent(**decided, id=unnamed.compute_id(), previous=previous, annotator=annotator, time=time)


def _reviewed(item: Item, events: Sequence[ReviewEvent]) -> ReviewedItem:
    annotators = tuple(event.annotator for event in events)
    decisions = {event.decision for event in events}
    if not events:
        return ReviewedItem(item, "open", item, None, annotators)
    if "flag" in decisions:
        return ReviewedItem(item, "flagged", item, "flag" if len(decisions) == 1 else None, annotators)
    if decisions == {"reject"}:
        return ReviewedItem(item, "rejected", item, "reject", annotators)
    accepted = {chosen.digest: chosen for chosen in (_accepted_item(item, event) for event in events) if chosen}
    if "reject" in decisions or len(accepted) > 1:
        return ReviewedItem(item, "disagreement", item, None, annotators)
    (chosen,) = accepted.values()
    return ReviewedItem(item, "verified", chosen, "accept" if chosen is item else "edit", annotators)


def _accepted_item(item: Item, event: ReviewEvent) -> Item | None:
    if event.decision == "edit":
        return edited_item(item, event.edits)
    return item if event.decision == "accept" else None


def _invalid_edits(item: Item, problem: str) -> MifgError:
    return MifgError(
        f"The edits of item {item.id} make no valid item: {problem}.", "Mend the edits, or decide otherwise."
    )
