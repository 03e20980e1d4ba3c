"""The rules of review, as pure functions: which events count, and what becomes of an item by them.

* The latest event of an annotator on an item counts, if its digest is that of the item as it is now.
* ``skip`` and ``undo`` leave the item open.
* An edit counts as an accept of the edited item.
* An item is decided when as many people as it needs have decided it. What an adjudicator decides is final at once.
* Verified means accepted, and nobody of another opinion.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import ValidationError

from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import Item
from mifg_pipeline.store.review_records import Decision, Edits, ReviewEvent, validation_problems
from mifg_pipeline.store.review_rules import ReviewRules

Status = Literal["open", "verified", "rejected", "flagged", "disagreement"]

NO_EDITS: Final = Edits()


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


def final_events(events: Sequence[ReviewEvent], adjudicators: Collection[str]) -> Sequence[ReviewEvent]:
    """What settles an item: what an adjudicator decided, the latest of several; all events where none did."""
    settling = [event for event in events if event.annotator in adjudicators]
    return [max(settling, key=lambda event: event.time)] if settling else events


def status_of(
    events: Sequence[ReviewEvent], people: int, adjudicators: Collection[str], item: Callable[[], Item]
) -> Status:
    """What becomes of an item.

    Args:
        events: Those that count on it, one of each annotator, without ``skip`` and ``undo``.
        people: How many people the item needs.
        adjudicators: Names of those whose decision is final.
        item: Gives the item; asked only where people edited it in different ways.

    Raises:
        MifgError: If an event has edits that make no valid item.
    """
    final = final_events(events, adjudicators)
    decisions = {event.decision for event in final}
    if "flag" in decisions:
        return "flagged"
    if not final or (final is events and len(final) < people):
        return "open"
    if decisions == {"reject"}:
        return "rejected"
    if "reject" in decisions or _accepted_variants(final, item) > 1:
        return "disagreement"
    return "verified"


def review_items(items: Iterable[Item], events: Iterable[ReviewEvent], rules: ReviewRules) -> Iterator[ReviewedItem]:
    """The items, in their order, with what became of each.

    Args:
        items: The candidates of a run.
        events: All events of the run; each annotator's in order.
        rules: Of the run.

    Raises:
        MifgError: If an event has edits that make no valid item.
    """
    for item, counting in counting_events(items, events):
        yield _reviewed(item, [event for event in counting.values() if event.decision != "skip"], rules)


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
            where = f"image {region.image + 1} (index {region.image}), which is {size} pixels"
            raise _invalid_edits(item, f"box {box} reaches beyond {where}")
    return edited


def _accepted_variants(events: Iterable[ReviewEvent], item: Callable[[], Item]) -> int:
    """How many different items those who accepted mean."""
    edits = {event.edits for event in events if event.decision in ("accept", "edit")}
    if len(edits) < 2 or NO_EDITS in edits:
        return len(edits)
    return len({edited_item(item(), edit).digest for edit in edits})


def _reviewed(item: Item, events: Sequence[ReviewEvent], rules: ReviewRules) -> ReviewedItem:
    annotators = tuple(event.annotator for event in events)
    status = status_of(events, rules.people(item.id), rules.adjudicators, lambda: item)
    final = final_events(events, rules.adjudicators)
    decisions = {event.decision for event in final}
    chosen = item
    if status == "verified" and final[0].decision == "edit":
        chosen = edited_item(item, final[0].edits)
    agreed = status != "open" and len(decisions) == 1 and status != "disagreement"
    return ReviewedItem(item, status, chosen, final[0].decision if agreed else None, annotators)


def _invalid_edits(item: Item, problem: str) -> MifgError:
    return MifgError(
        f"The edits of item {item.id} make no valid item: {problem}.", "Mend the edits, or decide otherwise."
    )
