"""The queue of a run's review: what an annotator decides next, and what the annotator decided, on disk at once."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import RLock
from typing import Final

from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import Item
from mifg_pipeline.review.assignment import Assignment
from mifg_pipeline.review.ballots import Ballots
from mifg_pipeline.review.bulk import garbage_left
from mifg_pipeline.review.candidates import Candidates
from mifg_pipeline.review.progress import Progress, progress_of
from mifg_pipeline.review.submit import require_valid_edit
from mifg_pipeline.store.events import EventLog, event_logs
from mifg_pipeline.store.followed_log import FollowedLog, LogReplacedError
from mifg_pipeline.store.new_events import Past
from mifg_pipeline.store.review_records import Edits, Judgement, ReviewEvent
from mifg_pipeline.store.review_rules import read_rules, rules_signature
from mifg_pipeline.store.run_folder import RunFolder

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Task:
    """What an annotator may see of an item; nobody else's decisions, unless the annotator adjudicates.

    Attributes:
        item: The item as it is now.
        previous: Id of the annotator's latest event on the item, which the next decision follows; None if it is the
            first.
        mine: What counts of the annotator on the item.
        adjudication: For an adjudicator, the decisions that count, by people who are called A, B, ….
    """

    item: Item
    previous: str | None
    mine: ReviewEvent | None
    adjudication: tuple[ReviewEvent, ...]


class StaleDecisionError(MifgError):
    """The item, or what the annotator decided on it, is no longer what the decision was taken on.

    Attributes:
        current: What counts of the annotator on the item now.
        item: The item as it is now; None if it is gone.
    """

    def __init__(self, current: ReviewEvent | None, item: Item | None) -> None:
        super().__init__("The item or your decision on it has changed since you looked.", "Look again, then decide.")
        self.current = current
        self.item = item


class ReviewQueue:
    """The review of a run, for any number of annotators and threads.

    What other processes add is seen after ``refresh``; what they add to an annotator's log, at that annotator's next
    decision already.
    """

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        self._lock = RLock()
        self._load()

    @classmethod
    def open(cls, run: RunFolder) -> "ReviewQueue":
        """Reads candidates, rules and event logs.

        Raises:
            MifgError: If there are no candidates yet, or a file is damaged.
        """
        return cls(run)

    def next(self, annotator: str, taken: Collection[str] = ()) -> str | None:
        """Id of the item that the annotator should decide next; None if nothing is left.

        Args:
            annotator: Who asks.
            taken: Ids of items that others have before them now.
        """
        with self._lock:
            positions = self._candidates.positions
            position = self._assignment.next(annotator, {positions[name] for name in taken if name in positions})
            return None if position is None else self._candidates.entries[position].id

    def waiting(self, annotator: str) -> list[str]:
        """Ids of all items that wait for the annotator, in the order in which to decide them."""
        with self._lock:
            return [self._candidates.entries[position].id for position in self._assignment.ordered(annotator)]

    def task(self, annotator: str, item_id: str) -> Task | None:
        """What the annotator may see of an item; None if there is no such item for this annotator."""
        with self._lock:
            position = self._candidates.positions.get(item_id)
            if position is None:
                return None
            mine = self._ballots.of(position).get(annotator)
            if mine is None and not self._ballots.is_open(annotator, position):
                return None
            others = self._ballots.others(annotator, position)
            return Task(
                item=self._candidates.item(position),
                previous=self._log(annotator).past.latest_id(item_id),
                mine=mine,
                adjudication=tuple(_nameless(number, event) for number, event in enumerate(others)),
            )

    def is_open(self, annotator: str, item_id: str) -> bool:
        """Whether the item waits for a decision of the annotator; one that was skipped does."""
        with self._lock:
            position = self._candidates.positions.get(item_id)
            return position is not None and self._ballots.is_open(annotator, position)

    def decide(self, annotator: str, judgement: Judgement, previous: str | None, time: datetime) -> ReviewEvent:
        """Stores a decision; the same one again changes nothing.

        Args:
            annotator: Who decided.
            judgement: What, on the item as it stood.
            previous: Id of the annotator's latest event on the item when the decision was taken.
            time: Now, UTC.

        Returns:
            The event that says so, which is on disk.

        Raises:
            StaleDecisionError: If the item has changed, or the annotator has decided on it since.
            MifgError: If there is nothing to undo, the edits make no valid item, or the log cannot be written.
        """
        with self._lock:
            item = self._current_item(annotator, judgement)
            if judgement.decision == "edit":
                self._edited(item, judgement.edits)

            def require_current(past: Past) -> None:
                if past.latest_id(judgement.item_id) != previous:
                    current = past.latest_on(item.id, item.digest)
                    raise StaleDecisionError(None if current and current.decision == "undo" else current, item)

            with self._taking_in():
                event = self._log(annotator).append(judgement, time, require_current)
            if event is None:
                raise MifgError(f"There is no decision of {annotator} on item {item.id}.", "There is nothing to undo.")
            return event

    def check(self, item_id: str, edits: Edits) -> Item:
        """The item that the edits make.

        Raises:
            MifgError: If there is no such item, or the edits make no valid one.
        """
        with self._lock:
            position = self._candidates.positions.get(item_id)
            if position is None:
                raise MifgError(f"The run has no item {item_id[:80]!r}.", "Look at the items of this run.")
            return self._edited(self._candidates.item(position), edits)

    def undo(self, annotator: str, time: datetime) -> str | None:
        """Takes back the annotator's last decision that counts, whichever item it was on.

        Returns:
            Id of the item; None if nothing was left to take back.

        Raises:
            MifgError: If the log cannot be written.
        """
        with self._lock:
            log = self._log(annotator)
            with self._taking_in():
                log.catch_up()
            for event in reversed(log.events):
                counting = self._counting(annotator, event.item_id)
                if counting is not None and counting.id == event.id:
                    taken_back = Judgement(item_id=event.item_id, item_digest=event.item_digest, decision="undo")
                    self.decide(annotator, taken_back, event.id, time)
                    return event.item_id
            return None

    def history(self, annotator: str, limit: int) -> list[ReviewEvent]:
        """The annotator's latest events, newest first, at most that many."""
        with self._lock:
            return self._log(annotator).events[: -limit - 1 : -1]

    def progress(self, annotator: str) -> Progress:
        """How far the annotator is, and how fast."""
        with self._lock:
            events = self._log(annotator).events
            decided = len(self._ballots.decided[annotator])
            return progress_of(events, decided, self._ballots.open_items(annotator), datetime.now(UTC).date())

    def refresh(self) -> None:
        """Takes in what other processes did.

        Raises:
            MifgError: If a file is damaged.
        """
        with self._lock:
            if not self._candidates.is_current() or rules_signature(self._run) != self._rules_seen:
                self._load()
                return
            for log in event_logs(self._run):
                self._log(log.annotator)
            try:
                for known in self._logs.values():
                    known.catch_up()
            except LogReplacedError:
                self._load()
                return
            self._take_fresh()

    def _load(self) -> None:
        self._rules_seen = rules_signature(self._run)
        rules = read_rules(self._run)
        with garbage_left():
            self._candidates = Candidates.open(self._run)
            self._ballots = Ballots(self._candidates, rules)
            self._assignment = Assignment(self._candidates, self._ballots, rules)
            self._logs = {log.annotator: FollowedLog(log) for log in event_logs(self._run)}
            for log in self._logs.values():
                log.catch_up()
                self._ballots.take(log.take_fresh())

    def _log(self, annotator: str) -> FollowedLog:
        if annotator not in self._logs:
            self._logs[annotator] = FollowedLog(EventLog.of(self._run, annotator))
        return self._logs[annotator]

    @contextmanager
    def _taking_in(self) -> Iterator[None]:
        """Takes in what is read of the logs meanwhile, also where an error ends it; starts anew if one was replaced."""
        try:
            yield
        except LogReplacedError as error:
            self._load()
            raise MifgError(
                f"An event log of {self._run.root} was replaced.", "It was read anew: do the same again."
            ) from error
        finally:
            self._take_fresh()

    def _take_fresh(self) -> None:
        for log in self._logs.values():
            for position in self._ballots.take(log.take_fresh()):
                self._assignment.reopen(position)

    def _current_item(self, annotator: str, judgement: Judgement) -> Item:
        position = self._candidates.positions.get(judgement.item_id)
        if position is None:
            raise StaleDecisionError(None, None)
        item = self._candidates.item(position)
        if item.digest != judgement.item_digest:
            raise StaleDecisionError(self._counting(annotator, item.id), item)
        return item

    def _counting(self, annotator: str, item_id: str) -> ReviewEvent | None:
        position = self._candidates.positions.get(item_id)
        return None if position is None else self._ballots.of(position).get(annotator)

    def _edited(self, item: Item, edits: Edits) -> Item:
        return require_valid_edit(item, edits, self._candidates.positions)


def _nameless(number: int, event: ReviewEvent) -> ReviewEvent:
    """The event under a letter instead of the annotator's name; for a person to read, not to store."""
    return event.model_copy(update={"annotator": _LETTERS[number % len(_LETTERS)]})
