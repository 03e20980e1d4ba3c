"""What counts on each item, for whom it is still open, and what is in dispute; kept up to date event by event."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mifg_pipeline.review.candidates import Candidates
from mifg_pipeline.review.order import Tally
from mifg_pipeline.store.decisions import Status, final_events, status_of
from mifg_pipeline.store.review_records import ReviewEvent
from mifg_pipeline.store.review_rules import ReviewRules

DISPUTED: frozenset[Status] = frozenset({"disagreement", "flagged"})
"""What an adjudicator is asked to settle."""


class Ballots:
    """The decisions that count, by position of the item.

    An item is open for an annotator who has not decided it while fewer people than it needs have; gold items are open
    for everybody, and disputed ones for adjudicators. A skipped item stays open.

    Attributes:
        tally: What people found, by stratum; gold items and what adjudicators decided are left out.
        disputed: Positions of the items that wait for an adjudicator.
        gold: Positions of the gold items.
        decided: By annotator, the positions of the items that they decided, in order.
        skipped: By annotator, the positions of the items that they skipped, in order.
        stale: By annotator, how many events do not count because their item has changed or is gone.
    """

    def __init__(self, candidates: Candidates, rules: ReviewRules) -> None:
        self._candidates = candidates
        self._adjudicators = frozenset(rules.adjudicators)
        self._people = [rules.people(entry.id) for entry in candidates.entries]
        self._deciders = [0] * len(candidates)
        self._statuses: list[Status] = ["open"] * len(candidates)
        self._counting: dict[int, dict[str, ReviewEvent]] = {}
        self._complete = 0
        self._waiting: Counter[str] = Counter()
        self.gold = frozenset(candidates.positions[name] for name in rules.gold if name in candidates.positions)
        self.stale: Counter[str] = Counter()
        self.tally = Tally()
        self.disputed: dict[int, None] = {}
        self.decided: defaultdict[str, dict[int, None]] = defaultdict(dict)
        self.skipped: defaultdict[str, dict[int, None]] = defaultdict(dict)

    def take(self, events: Iterable[ReviewEvent]) -> list[int]:
        """Takes in events; those of one annotator come in order.

        Returns:
            Positions of items that may be open again for people who were past them.

        Raises:
            MifgError: If an event has edits that make no valid item.
        """
        reopened, touched = [], set()
        current = self._candidates.current
        for event in events:
            annotator, decision = event.annotator, event.decision
            position = current(event.item_id, event.item_digest)
            if position is None:
                self.stale[annotator] += 1
                continue
            touched.add(position)
            counting = self._counting.setdefault(position, {})
            former = counting.pop(annotator, None)
            if former is not None:
                self._record(position, former, -1)
            if decision != "undo":
                self._record(position, event, 1)
                counting[annotator] = event
            if decision in ("undo", "skip"):
                reopened.append(position)
        for position in touched:
            self._settle(position)
        return reopened

    def status(self, position: int) -> Status:
        """What becomes of the item at a position."""
        return self._statuses[position]

    def of(self, position: int) -> Mapping[str, ReviewEvent]:
        """The event that counts of each annotator on an item, by name."""
        return self._counting.get(position, {})

    def final(self, position: int) -> Sequence[ReviewEvent]:
        """The events that settle the item: an adjudicator's, or else those of all who decided it."""
        return final_events(self._opinions(position), self._adjudicators)

    def is_open(self, annotator: str, position: int) -> bool:
        """Whether the item waits for a decision of the annotator."""
        mine = self.of(position).get(annotator)
        if mine is not None and mine.decision != "skip":
            return False
        if annotator in self._adjudicators:
            return position in self.disputed
        return position in self.gold or self._deciders[position] < self._people[position]

    def others(self, annotator: str, position: int) -> list[ReviewEvent]:
        """What others decided on an item that the annotator adjudicates, in an order that gives no name away."""
        if annotator not in self._adjudicators:
            return []
        blind = [event for event in self._opinions(position) if event.annotator not in self._adjudicators]
        return sorted(blind, key=lambda event: event.id)

    def open_items(self, annotator: str) -> int:
        """How many items wait for the annotator; gold ones are not counted, because nothing waits for them."""
        if annotator in self._adjudicators:
            return sum(self.is_open(annotator, position) for position in self.disputed)
        return len(self._candidates) - len(self.gold) - self._complete - self._waiting[annotator]

    def _settle(self, position: int) -> None:
        status = status_of(
            self._opinions(position),
            self._people[position],
            self._adjudicators,
            lambda: self._candidates.item(position),
        )
        self._statuses[position] = status
        if status in DISPUTED:
            self.disputed[position] = None
        else:
            self.disputed.pop(position, None)

    def _opinions(self, position: int) -> list[ReviewEvent]:
        return [event for event in self.of(position).values() if event.decision != "skip"]

    def _record(self, position: int, event: ReviewEvent, sign: int) -> None:
        """Takes in an event that counts, or takes it out again with ``sign`` -1."""
        is_skip = event.decision == "skip"
        positions = (self.skipped if is_skip else self.decided)[event.annotator]
        if sign > 0:
            positions[position] = None
        else:
            del positions[position]
        if is_skip or position in self.gold:
            return
        if event.annotator not in self._adjudicators:
            self.tally.count(self._candidates.entries[position].stratum, event.decision, sign)
        self._shift(position, event.annotator, sign)

    def _shift(self, position: int, annotator: str, sign: int) -> None:
        """Keeps the number of items that are closed: for everybody, or for those only who decided them."""
        people = self._deciders[position] + (sign > 0)  # with this annotator
        self._deciders[position] += sign
        if people < self._people[position]:
            self._waiting[annotator] += sign
        elif people == self._people[position]:
            self._complete += sign
            for event in self._opinions(position):
                self._waiting[event.annotator] -= sign
