"""The event log of one annotator: ``RUN/review/ANNOTATOR.jsonl``, append-only, one event a line.

An append is one write and one fsync under a lock on the file itself, so it works for several processes and ends with
the process that holds it. What a crash left of an unfinished line is set aside beside the log by the next append.
"""

import fcntl
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from mifg_pipeline.errors import MifgError
from mifg_pipeline.store.event_lines import parsed_event
from mifg_pipeline.store.files import fsync, unwritable
from mifg_pipeline.store.new_events import merged_events, new_events
from mifg_pipeline.store.review_records import ANNOTATOR_PATTERN, Judgement, ReviewEvent, validation_problems
from mifg_pipeline.store.run_folder import RunFolder


@dataclass(frozen=True)
class LogContents:
    """What a log holds.

    Attributes:
        events: In the order in which they were stored.
        torn: What a crash left of a last line; empty as a rule.
    """

    events: tuple[ReviewEvent, ...]
    torn: bytes


@dataclass(frozen=True)
class Appended:
    """What an append did.

    Attributes:
        events: The events that were stored; judgements that said nothing new gave none.
        torn: Torn line that was moved to the side file; empty as a rule.
    """

    events: tuple[ReviewEvent, ...]
    torn: bytes


@dataclass(frozen=True)
class EventLog:
    """The log of one annotator."""

    path: Path

    @classmethod
    def of(cls, run: RunFolder, annotator: str) -> "EventLog":
        """The log of the annotator in the run; it need not exist yet.

        Raises:
            MifgError: If the name cannot be that of an annotator.
        """
        if not re.fullmatch(ANNOTATOR_PATTERN, annotator):
            raise MifgError(
                f"{annotator!r} cannot be the name of an annotator.",
                "Use up to 64 letters, digits, '_', '-' and '.', beginning with a letter, a digit or '_'.",
            )
        return cls(run.review / f"{annotator}.jsonl")

    @property
    def annotator(self) -> str:
        """Whose log it is."""
        return self.path.name.removesuffix(".jsonl")

    @property
    def torn_path(self) -> Path:
        """The side file that keeps torn lines."""
        return self.path.with_name(f"{self.path.name}.torn")

    def read(self) -> LogContents:
        """Reads the log and changes nothing; a log that is not there is empty.

        Raises:
            MifgError: If a whole line is damaged, or the file cannot be read.
        """
        try:
            with self.path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH)
                content = file.read()
        except FileNotFoundError:
            return LogContents((), b"")
        except OSError as error:
            raise MifgError(f"Cannot read {self.path}: {error.strerror}.", "Check its permissions.") from error
        return self.parse(content)

    def append(self, judgements: Sequence[Judgement], time: datetime) -> Appended:
        """Stores what the judgements change, all or none.

        Args:
            judgements: What the annotator decided, in order.
            time: Now, UTC.

        Raises:
            MifgError: If a whole line of the log is damaged, or the log cannot be written; it is then as it was.
        """
        return self._extend(lambda past: new_events(self.annotator, past, judgements, time))

    def merge(self, others: Sequence[ReviewEvent]) -> Appended:
        """Stores what a log of the same annotator from elsewhere adds, all or none.

        Args:
            others: Its events, in order.

        Raises:
            MifgError: If a whole line of the log is damaged, or the log cannot be written; it is then as it was.
        """
        return self._extend(lambda past: merged_events(self.annotator, past, others))

    def _extend(self, added: Callable[[Sequence[ReviewEvent]], Sequence[ReviewEvent]]) -> Appended:
        try:
            with self.opened() as descriptor:
                contents = self.parse(_read_all(descriptor))
                self.set_aside(descriptor, contents.torn)
                events = tuple(added(contents.events))
                write_events(descriptor, events)
        except OSError as error:
            raise unwritable(self.path, error) from error
        return Appended(events, contents.torn)

    @contextmanager
    def opened(self) -> Iterator[int]:
        """A descriptor to read and append, made where the log is missing, while no other process has it."""
        is_new = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)
        if is_new:
            fsync(self.path.parent)

    def parse(self, content: bytes, earlier: int = 0) -> LogContents:
        """Reads the lines that follow that many earlier ones.

        Raises:
            MifgError: If a whole line is damaged.
        """
        *lines, torn = content.split(b"\n")
        annotator = self.annotator
        events = (self._event(annotator, earlier + k, line) for k, line in enumerate(lines, start=1))
        return LogContents(tuple(events), torn)

    def set_aside(self, descriptor: int, torn: bytes) -> None:
        """Moves what a crash left at the end of the opened log to the side file; nothing as a rule."""
        if not torn:
            return
        with self.torn_path.open("ab") as file:
            file.write(torn + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.ftruncate(descriptor, os.fstat(descriptor).st_size - len(torn))
        os.fsync(descriptor)

    def _event(self, annotator: str, number: int, line: bytes) -> ReviewEvent:
        try:
            event = parsed_event(line)
        except ValidationError as error:
            raise self._damaged(number, validation_problems(error)) from error
        if event.annotator != annotator:
            raise self._damaged(number, f"the event is {event.annotator}'s")
        return event

    def _damaged(self, number: int, problem: str) -> MifgError:
        return MifgError(
            f"{self.path}, line {number}: {problem}.",
            "Event logs are not edited by hand: restore the file from a copy of the run, or move the line elsewhere.",
        )


def event_logs(run: RunFolder) -> list[EventLog]:
    """The logs of all annotators of the run, by name."""
    return [EventLog(path) for path in sorted(run.review.glob("[!.]*.jsonl"))]


def _read_all(descriptor: int) -> bytes:
    with open(descriptor, "rb", closefd=False) as file:
        return file.read()


def write_events(descriptor: int, events: Sequence[ReviewEvent]) -> None:
    """Appends all events to an opened log and has them on disk when it returns, or none.

    Raises:
        OSError: If the system refuses; the log is then as it was.
    """
    content = "".join(f"{event.model_dump_json()}\n" for event in events).encode()
    size = os.fstat(descriptor).st_size
    try:
        written = 0
        while written < len(content):  # one write, unless the disk fills up: then the next one says so
            written += os.write(descriptor, content[written:])
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise
