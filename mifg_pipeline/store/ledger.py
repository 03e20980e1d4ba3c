"""The ledger of a run: outcomes of attempts in their order, and readings of images, in one SQLite file.

It is the only mutable state of a run. Outcomes are written in order of the attempts without gaps, so that the number
of rows is the next attempt to make. One process writes at a time (``RunFolder.locked``); others may read meanwhile.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self, cast

from pydantic import JsonValue, TypeAdapter

from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import SCHEMA_VERSION, Item, Rejection, canonical_json, content_digest

INSERT_OUTCOME = "INSERT INTO outcome VALUES (?, ?, ?, ?, ?, ?)"

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
    """

    step: str
    round: int
    passed: bool
    seconds: float


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
    """An open ledger; use it as a context manager."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        try:
            if read_only:
                self._connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
            else:
                self._connection = sqlite3.connect(path)
                self._prepare()
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def append(self, outcomes: Iterable[Outcome]) -> None:
        """Stores the outcomes of the next attempts, all or none.

        Raises:
            MifgError: If the disk is full or the file is damaged; nothing is stored then.
        """
        rows = [_outcome_row(outcome) for outcome in outcomes]
        self._write(INSERT_OUTCOME, rows)

    def store_readings(self, readings: Iterable[tuple[str, str, JsonValue]]) -> None:
        """Stores what readers saw: (sha256, reader, value) each."""
        rows = [(sha256, reader, canonical_json(value)) for sha256, reader, value in readings]
        self._write("INSERT OR REPLACE INTO reading VALUES (?, ?, ?)", rows)

    def reading(self, sha256: str, reader: str) -> JsonValue:
        """What the reader saw in the image, or None where it has not read it yet."""
        query = "SELECT value FROM reading WHERE sha256 = ? AND reader = ?"
        for (value,) in self._select(query, (sha256, reader)):
            return cast(JsonValue, json.loads(str(value)))
        return None

    def attempts(self) -> int:
        """Number of attempts that have an outcome; also the index of the next one."""
        ((count,),) = self._select("SELECT count(*) FROM outcome")
        return int(str(count))

    def accepted(self) -> Iterator[AcceptedFacts]:
        """What run-level decisions need of the accepted items, in order of the attempts."""
        query = """
            SELECT question_key, record ->> '$.provenance.writer', record ->> '$.difficulty',
                json_array_length(record, '$.images'), record ->> '$.answer.kind'
            FROM outcome WHERE accepted ORDER BY attempt"""
        for key, writer, difficulty, images, answer_kind in self._select(query):
            yield AcceptedFacts(str(key), str(writer), str(difficulty), int(str(images)), str(answer_kind))

    def rejection_counts(self) -> Iterator[tuple[str, str, int]]:
        """Number of rejections by planned program and gate."""
        query = """
            SELECT record ->> '$.program', record ->> '$.gate', count(*)
            FROM outcome WHERE NOT accepted GROUP BY 1, 2 ORDER BY 1, 2"""
        for program, gate, count in self._select(query):
            yield str(program), str(gate), int(str(count))

    def item_lines(self) -> Iterator[str]:
        """The accepted items as JSON, in order of the attempts."""
        return (str(row[0]) for row in self._select("SELECT record FROM outcome WHERE accepted ORDER BY attempt"))

    def rejection_lines(self) -> Iterator[str]:
        """The rejections as JSON, in order of the attempts."""
        return (str(row[0]) for row in self._select("SELECT record FROM outcome WHERE NOT accepted ORDER BY attempt"))

    def items(self) -> Iterator[Item]:
        """The accepted items, in order of the attempts."""
        return map(Item.model_validate_json, self.item_lines())

    def trails(self) -> Iterator[tuple[TrailEntry, ...]]:
        """The steps of each attempt, in order of the attempts."""
        return (_TRAIL.validate_json(str(row[0])) for row in self._select("SELECT trail FROM outcome ORDER BY attempt"))

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        ((version,),) = self._connection.execute("PRAGMA user_version")
        if version not in (0, SCHEMA_VERSION):
            raise MifgError(
                f"{self.path} has schema version {version}; this program writes version {SCHEMA_VERSION}.",
                "Use the version of mifg-pipeline that made it, or start a new run folder.",
            )
        with self._connection:
            self._connection.executescript(_SCHEMA)
            self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _write(self, statement: str, rows: list[tuple[object, ...]] | list[tuple[str, str, str]]) -> None:
        try:
            with self._connection:
                self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def _select(self, query: str, parameters: tuple[str, ...] = ()) -> Iterator[tuple[object, ...]]:
        try:
            with closing(self._connection.execute(query, parameters)) as cursor:
                yield from cursor
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def _failure(self, error: sqlite3.Error) -> MifgError:
        if "full" in str(error) or "disk I/O" in str(error):
            return MifgError(
                f"Cannot write {self.path}: {error}.",
                "Free disk space, then run the same command again: it resumes after the last stored attempt.",
            )
        if isinstance(error, sqlite3.OperationalError):
            return MifgError(
                f"Cannot use {self.path}: {error}.",
                "Check that the file exists and that you may write to its folder, then run the same command again.",
            )
        return MifgError(
            f"{self.path} is damaged: {error}.",
            "Run `mifg generate` on the run again: it keeps what is intact and makes the rest anew.",
        )


def checksum(*columns: object) -> str:
    """Digest of all other columns of an outcome: damage that SQLite does not see changes it."""
    return content_digest(columns)


def _outcome_row(outcome: Outcome) -> tuple[object, ...]:
    trail = _TRAIL.dump_json(outcome.trail).decode()
    row: tuple[object, ...]
    if isinstance(outcome, Accepted):
        item = outcome.item
        row = (item.provenance.attempt, 1, outcome.question_key, canonical_json(item.model_dump(mode="json")), trail)
    else:
        rejection = outcome.rejection
        row = (rejection.attempt, 0, None, canonical_json(rejection.model_dump(mode="json")), trail)
    return (*row, checksum(*row))
