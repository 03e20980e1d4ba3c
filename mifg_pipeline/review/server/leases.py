"""Who has which item before them: leases, which end by themselves unless they are renewed."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from mifg_pipeline.store.files import unwritable
from mifg_pipeline.store.review_records import ANNOTATOR_PATTERN


class _Lease(NamedTuple):
    annotator: str
    end: float


class Leases:
    """At most one annotator has an item at a time; safe to use from several threads.

    Who has what is kept on disk, so that a server that is started again knows it; each lease then lasts anew. It is not
    forced to disk: what a power failure could lose is who looks at what just now.

    Args:
        folder: Has a file for each item that somebody has, named by its id, that holds the annotator's name.
        seconds: How long a lease lasts unless it is renewed.
        clock: Gives seconds.
    """

    def __init__(self, folder: Path, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.seconds = seconds
        self._folder = folder
        self._clock = clock
        self._lock = Lock()
        self._leases = {item: _Lease(annotator, clock() + seconds) for item, annotator in _stored(folder)}

    def claim(self, annotator: str, choose: Callable[[set[str]], str | None]) -> str | None:
        """Leases the item that is chosen; nobody else gets one meanwhile.

        Args:
            annotator: Who wants an item.
            choose: Gets the items that others have; returns another one, or None.
        """
        with self._lock:
            item = choose(self._of_others(annotator))
            if item is not None:
                self._lease(annotator, item)
            return item

    def renew(self, annotator: str, item: str) -> bool:
        """Leases an item, or renews its lease; False if somebody else has it."""
        with self._lock:
            if item in self._of_others(annotator):
                return False
            self._lease(annotator, item)
            return True

    def release(self, annotator: str, item: str) -> None:
        """Ends the annotator's lease on an item, if there is one."""
        with self._lock:
            lease = self._leases.get(item)
            if lease is not None and lease.annotator == annotator:
                self._end(item)

    def of(self, annotator: str) -> set[str]:
        """The items that the annotator has."""
        with self._lock:
            return {item for item, lease in self._current().items() if lease.annotator == annotator}

    def of_others(self, annotator: str) -> set[str]:
        """The items that others have."""
        with self._lock:
            return self._of_others(annotator)

    def _of_others(self, annotator: str) -> set[str]:
        return {item for item, lease in self._current().items() if lease.annotator != annotator}

    def _current(self) -> dict[str, _Lease]:
        now = self._clock()
        for item in [item for item, lease in self._leases.items() if lease.end <= now]:
            self._end(item)
        return self._leases

    def _lease(self, annotator: str, item: str) -> None:
        former = self._leases.get(item)
        self._leases[item] = _Lease(annotator, self._clock() + self.seconds)
        if former is None or former.annotator != annotator:
            path = self._folder / item
            try:
                path.write_text(annotator, encoding="utf-8")
            except OSError as error:
                raise unwritable(path, error) from error

    def _end(self, item: str) -> None:
        del self._leases[item]
        (self._folder / item).unlink(missing_ok=True)


def _stored(folder: Path) -> Iterator[tuple[str, str]]:
    """The items and who has them; one that a crash left without a name is free."""
    for path in folder.iterdir():
        annotator = path.read_text(encoding="utf-8", errors="replace")
        if re.fullmatch(ANNOTATOR_PATTERN, annotator):
            yield path.name, annotator
