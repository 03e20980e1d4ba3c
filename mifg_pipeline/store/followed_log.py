"""An event log that is read once; from then on only what has been added since is read."""

import fcntl
import os
from collections.abc import Callable
from datetime import datetime
from typing import Final

from mifg_pipeline.errors import MifgError
from mifg_pipeline.store.events import EventLog, write_events
from mifg_pipeline.store.files import unwritable
from mifg_pipeline.store.new_events import Past
from mifg_pipeline.store.review_records import Judgement, ReviewEvent

_NOT_THERE: Final = (0, 0, 0)


class LogReplacedError(Exception):
    """Another file lies in the place of the log, or the log has lost lines: all that is known of it is void."""


class FollowedLog:
    """What one annotator decided, as far as it was read, and the place in the log up to which it was.

    Attributes:
        log: The log on disk.
        events: What was read, in order.
        past: What the next event depends on.
    """

    def __init__(self, log: EventLog) -> None:
        self.log = log
        self.events: list[ReviewEvent] = []
        self.past = Past(log.annotator)
        self._taken = 0
        self._offset = 0
        self._inode = 0
        self._seen = _NOT_THERE

    def catch_up(self) -> None:
        """Reads what was added since; does no more than look at the size and time of a log that has not changed.

        Raises:
            LogReplacedError: If the log is another one now.
            MifgError: If a whole line is damaged, or the log cannot be read.
        """
        try:
            if _signature(self.log.path.stat()) == self._seen:
                return
            with self.log.path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH)
                self._follow(file.fileno())
        except FileNotFoundError:
            if self._offset:
                raise LogReplacedError from None
        except OSError as error:
            raise MifgError(f"Cannot read {self.log.path}: {error.strerror}.", "Check its permissions.") from error

    def append(
        self, judgement: Judgement, time: datetime, require_current: Callable[[Past], None]
    ) -> ReviewEvent | None:
        """Stores a judgement, unless it says what counts already.

        Args:
            judgement: What the annotator decided.
            time: Now, UTC.
            require_current: Raises where the judgement does not follow what the annotator decided before; called with
                all that is in the log, while no other process can add to it.

        Returns:
            The event that says so: the new one, or the one that counted already; None where that is an ``undo`` of
            nothing.

        Raises:
            LogReplacedError: If the log is another one now.
            MifgError: If a whole line is damaged, or the log cannot be written; it is then as it was.
        """
        try:
            with self.log.opened() as descriptor:
                torn = self._follow(descriptor)
                if self.past.says(judgement):
                    return self.past.latest_on(judgement.item_id, judgement.item_digest)
                require_current(self.past)
                self.log.set_aside(descriptor, torn)
                event = self.past.event(judgement, time)
                write_events(descriptor, [event])
                self._follow(descriptor)
                return event
        except OSError as error:
            raise unwritable(self.log.path, error) from error

    def take_fresh(self) -> list[ReviewEvent]:
        """The events that were read since this was asked last."""
        fresh = self.events[self._taken :]
        self._taken = len(self.events)
        return fresh

    def _follow(self, descriptor: int) -> bytes:
        """Reads to the end; returns what a crash left of a last line."""
        status = os.fstat(descriptor)
        if self._offset and (status.st_ino != self._inode or status.st_size < self._offset):
            raise LogReplacedError
        content = os.pread(descriptor, status.st_size - self._offset, self._offset)
        contents = self.log.parse(content, earlier=len(self.events))
        for event in contents.events:
            self.past.follow(event)
        self.events += contents.events
        self._offset += len(content) - len(contents.torn)
        self._inode, self._seen = status.st_ino, _signature(status)
        return contents.torn


def _signature(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns
