"""The desk that annotators come to: what each may see and do, over the queue, the leases and the drafts of a run."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mifg_pipeline.items import ImageRef, Item
from mifg_pipeline.review.progress import Progress
from mifg_pipeline.review.queue import ReviewQueue, Task
from mifg_pipeline.review.server.drafts import Drafts
from mifg_pipeline.review.server.leases import Leases
from mifg_pipeline.review.server.refusals import lost_item, unknown_item
from mifg_pipeline.store.review_records import Edits, Judgement, ReviewEvent
from mifg_pipeline.store.review_rules import read_rules
from mifg_pipeline.store.run_folder import RunFolder

_SHOWN: Final = 64
"""Items of which an annotator's browser may still want images; older ones are asked for again first."""


class Desk:
    """Hands out items and takes decisions; safe to use from several threads.

    An item that waits for a decision is leased to whoever looks at it. One that its annotator has decided needs no
    lease to be looked at or decided again.

    Args:
        run: The run.
        corpus_root: Where its corpus is now.
        lease_seconds: How long a lease lasts unless it is renewed.
    """

    def __init__(self, run: RunFolder, corpus_root: Path, lease_seconds: float) -> None:
        run.review.mkdir(parents=True, exist_ok=True)
        self.run = run
        self.leases = Leases(run.review / ".leases", lease_seconds)
        self._corpus_root = corpus_root
        self._queue = ReviewQueue.open(run)
        self._drafts = Drafts(run.review / ".drafts")
        self._shown: defaultdict[str, OrderedDict[str, tuple[ImageRef, ...]]] = defaultdict(OrderedDict)

    def is_adjudicator(self, annotator: str) -> bool:
        """Whether the annotator settles what others disagree on."""
        return annotator in read_rules(self.run).adjudicators

    def next(self, annotator: str) -> Task | None:
        """The item that the annotator should decide next, leased; None if nothing is left."""
        self._queue.refresh()
        item_id = self.leases.claim(annotator, lambda taken: self._queue.next(annotator, taken))
        return None if item_id is None else self._assigned(annotator, item_id)

    def upcoming(self, annotator: str, count: int) -> list[Item]:
        """The items that come after those which the annotator has, as it looks now; not leased."""
        taken = self.leases.of(annotator) | self.leases.of_others(annotator)
        items: list[Item] = []
        while len(items) < count and (item_id := self._queue.next(annotator, taken)) is not None:
            taken.add(item_id)
            items.append(self._assigned(annotator, item_id).item)
        return items

    def look(self, annotator: str, item_id: str) -> Task:
        """One item, leased if it waits for a decision.

        Raises:
            RefusalError: If it is not assigned to the annotator, or somebody else has it.
        """
        self._queue.refresh()
        self._assigned(annotator, item_id)
        self.keep(annotator, item_id)
        return self._assigned(annotator, item_id)

    def keep(self, annotator: str, item_id: str) -> float:
        """Renews the lease on an item, or takes it.

        Returns:
            Seconds that it lasts.

        Raises:
            RefusalError: If the item is not assigned to the annotator, or somebody else has it.
        """
        self._assigned(annotator, item_id)
        if self._queue.is_open(annotator, item_id) and not self.leases.renew(annotator, item_id):
            raise lost_item()
        return self.leases.seconds

    def decide(self, annotator: str, judgement: Judgement, previous: str | None) -> tuple[ReviewEvent, Progress]:
        """Stores a decision, which ends draft and lease; it is on disk when this returns.

        Raises:
            RefusalError: If the item is not assigned to the annotator, or somebody else has it.
            StaleDecisionError: If the item, or the annotator's decision on it, is another one by now.
            MifgError: If the edits make no valid item, or the log cannot be written.
        """
        self._queue.refresh()
        self.keep(annotator, judgement.item_id)
        event = self._queue.decide(annotator, judgement, previous, datetime.now(UTC))
        self._drafts.drop(annotator, judgement.item_id)
        self.leases.release(annotator, judgement.item_id)
        return event, self.progress(annotator)

    def check(self, annotator: str, item_id: str, edits: Edits) -> tuple[Item, bool]:
        """The item that the edits make, and whether it is another one than before.

        Raises:
            RefusalError: If the item is not assigned to the annotator.
            MifgError: If the edits make no valid item.
        """
        item = self._assigned(annotator, item_id).item
        if all(getattr(edits, name) in (None, getattr(item, name)) for name in Edits.model_fields):
            return item, False
        return self._queue.check(item_id, edits), True

    def undo(self, annotator: str) -> str | None:
        """Takes back the annotator's last decision that counts; the id of its item, None if there is none."""
        return self._queue.undo(annotator, datetime.now(UTC))

    def progress(self, annotator: str) -> Progress:
        """How far the annotator is."""
        return self._queue.progress(annotator)

    def history(self, annotator: str, limit: int) -> Iterator[tuple[ReviewEvent, Item | None]]:
        """The annotator's events with their items as they are now, newest first."""
        for event in self._queue.history(annotator, limit):
            task = self._queue.task(annotator, event.item_id)
            yield event, None if task is None else task.item

    def draft(self, annotator: str, item_id: str) -> Any:
        """What the annotator filled in; None where there is nothing.

        Raises:
            RefusalError: If the item is not assigned to the annotator.
        """
        self._assigned(annotator, item_id)
        return self._drafts.read(annotator, item_id)

    def keep_draft(self, annotator: str, item_id: str, content: bytes) -> None:
        """Keeps what the annotator filled in.

        Raises:
            RefusalError: If the item is not assigned to the annotator, or the draft is too long or no JSON.
            MifgError: If it cannot be written.
        """
        self._assigned(annotator, item_id)
        self._drafts.write(annotator, item_id, content)

    def drop_draft(self, annotator: str, item_id: str) -> None:
        """Forgets what the annotator filled in.

        Raises:
            RefusalError: If the item is not assigned to the annotator.
        """
        self._assigned(annotator, item_id)
        self._drafts.drop(annotator, item_id)

    def image(self, annotator: str, sha256: str) -> tuple[ImageRef, Path]:
        """An image of one of the items that were shown to the annotator, and its file.

        Raises:
            RefusalError: If it is in none of them.
        """
        found = self._shown_image(annotator, sha256)
        if found is None:  # a server that was started again knows from the leases who looks at what
            for item_id in self.leases.of(annotator):
                self._show(annotator, item_id)
            found = self._shown_image(annotator, sha256)
        if found is None:
            raise unknown_item()
        return found, (self.run.root if found.is_derived else self._corpus_root) / found.path

    def _shown_image(self, annotator: str, sha256: str) -> ImageRef | None:
        shown = list(self._shown[annotator].values())
        return next((image for images in shown for image in images if image.sha256 == sha256), None)

    def _assigned(self, annotator: str, item_id: str) -> Task:
        """The item, unless the annotator has nothing to do with it, or no longer."""
        task = self._show(annotator, item_id)
        if task is None:
            raise lost_item() if item_id in self._shown[annotator] else unknown_item()
        return task

    def _show(self, annotator: str, item_id: str) -> Task | None:
        """What the annotator may see of an item, and its images from now on."""
        task = self._queue.task(annotator, item_id)
        if task is not None:
            shown = self._shown[annotator]
            shown[item_id] = task.item.images
            shown.move_to_end(item_id)
            if len(shown) > _SHOWN:
                shown.popitem(last=False)
        return task
