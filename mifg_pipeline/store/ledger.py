"""The ledger of a run: outcomes of attempts in their order, readings of images and model calls, in one SQLite file.

It is the only mutable state of a run. Outcomes are written in order of the attempts without gaps, so that the number
of rows is the next attempt to make. One process writes at a time (``RunFolder.locked``); others may read meanwhile.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self, cast

from pydantic import JsonValue, TypeAdapter

from mifg_pipeline.items import Item, Rejection, canonical_json
from mifg_pipeline.store.calls import CALL_SCHEMA, Calls
from mifg_pipeline.store.database import Database, checksum
from mifg_pipeline.store.usage import Usage

INSERT_OUTCOME = "INSERT INTO outcome VALUES (?, ?, ?, ?, ?, ?)"

_IF_DAMAGED = "Run `mifg generate` on the run again: it keeps what is intact and makes the rest anew."

_SCHEMA = """
CREATE TABLE IF NOT EXISTS outcome (
    attempt INTEGER PRIMARY KEY,
    accepted INTEGER NOT NULL,
    question_key TEXT,
    record TEXT NOT NULL,
    trail TEXT NOT NULL,
    checksum TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS reading (
    sha256 TEXT NOT NULL,
    reader TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (sha256, reader)
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True)
class TrailEntry:
    """One step that an attempt went through.

    Attributes:
        step: Agent or gate.
        round: 0 for the first draft, then one more per revision.
        passed: Whether the attempt went on from here.
        seconds: CPU time it took.
        usage: Model calls it took, where it may take any.
    """

    step: str
    round: int
    passed: bool
    seconds: float
    usage: Usage | None = None


@dataclass(frozen=True)
class Accepted:
    """An attempt that gave an item."""

    item: Item
    question_key: str
    trail: tuple[TrailEntry, ...]


@dataclass(frozen=True)
class Rejected:
    """An attempt that gave none."""

    rejection: Rejection
    trail: tuple[TrailEntry, ...]


Outcome = Accepted | Rejected


class AcceptedFacts(NamedTuple):
    """What run-level decisions need of an accepted item."""

    question_key: str
    writer: str
    difficulty: str
    images: int
    answer_kind: str

    @classmethod
    def of(cls, accepted: Accepted) -> Self:
        """The facts of an outcome."""
        item = accepted.item
        return cls(accepted.question_key, item.provenance.writer, item.difficulty, len(item.images), item.answer.kind)


_TRAIL = TypeAdapter(tuple[TrailEntry, ...])


class Ledger:
    """An open ledger; use it as a context manager.

    Attributes:
        path: Where it lies.
        calls: Model calls that were finished.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._database = Database(path, _SCHEMA + CALL_SCHEMA, read_only=read_only, if_damaged=_IF_DAMAGED)
        self.calls = Calls(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def append(self, outcomes: Iterable[Outcome]) -> None:
        """Stores the outcomes of the next attempts, all or none.

        Raises:
            MifgError: If the disk is full or the file is damaged; nothing is stored then.
        """
        rows = [_outcome_row(outcome) for outcome in outcomes]
        self._database.write(INSERT_OUTCOME, rows)

    def store_readings(self, readings: Iterable[tuple[str, str, JsonValue]]) -> None:
        """Stores what readers saw: (sha256, reader, value) each."""
        rows = [(sha256, reader, canonical_json(value)) for sha256, reader, value in readings]
        self._database.write("INSERT OR REPLACE INTO reading VALUES (?, ?, ?)", rows)

    def reading(self, sha256: str, reader: str) -> JsonValue:
        """What the reader saw in the image, or None where it has not read it yet."""
        query = "SELECT value FROM reading WHERE sha256 = ? AND reader = ?"
        for (value,) in self._database.select(query, (sha256, reader)):
            return cast(JsonValue, json.loads(str(value)))
        return None

    def attempts(self) -> int:
        """Number of attempts that have an outcome; also the index of the next one."""
        ((count,),) = self._database.select("SELECT count(*) FROM outcome")
        return int(str(count))

    def accepted(self) -> Iterator[AcceptedFacts]:
        """What run-level decisions need of the accepted items, in order of the attempts."""
        query = """
            SELECT question_key, record ->> '$.provenance.writer', record ->> '$.difficulty',
                json_array_length(record, '$.images'), record ->> '$.answer.kind'
            FROM outcome WHERE accepted ORDER BY attempt"""
        for key, writer, difficulty, images, answer_kind in self._database.select(query):
            yield AcceptedFacts(str(key), str(writer), str(difficulty), int(str(images)), str(answer_kind))

    def rejection_counts(self) -> Iterator[tuple[str, str, int]]:
        """Number of rejections by planned program and gate."""
        query = """
            SELECT record ->> '$.program', record ->> '$.gate', count(*)
            FROM outcome WHERE NOT accepted GROUP BY 1, 2 ORDER BY 1, 2"""
        for program, gate, count in self._database.select(query):
            yield str(program), str(gate), int(str(count))

    def item_lines(self) -> Iterator[str]:
        """The accepted items as JSON, in order of the attempts."""
        return self._texts("SELECT record FROM outcome WHERE accepted ORDER BY attempt")

    def rejection_lines(self) -> Iterator[str]:
        """The rejections as JSON, in order of the attempts."""
        return self._texts("SELECT record FROM outcome WHERE NOT accepted ORDER BY attempt")

    def items(self) -> Iterator[Item]:
        """The accepted items, in order of the attempts."""
        return map(Item.model_validate_json, self.item_lines())

    def trails(self) -> Iterator[tuple[TrailEntry, ...]]:
        """The steps of each attempt, in order of the attempts."""
        return map(_TRAIL.validate_json, self._texts("SELECT trail FROM outcome ORDER BY attempt"))

    def _texts(self, query: str) -> Iterator[str]:
        return (str(text) for (text,) in self._database.select(query))


def _outcome_row(outcome: Outcome) -> tuple[object, ...]:
    trail = _TRAIL.dump_json(outcome.trail, exclude_none=True).decode()
    row: tuple[object, ...]
    if isinstance(outcome, Accepted):
        item = outcome.item
        row = (item.provenance.attempt, 1, outcome.question_key, canonical_json(item.model_dump(mode="json")), trail)
    else:
        rejection = outcome.rejection
        row = (rejection.attempt, 0, None, canonical_json(rejection.model_dump(mode="json")), trail)
    return (*row, checksum(*row))
