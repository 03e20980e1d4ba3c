"""Saves what is intact of a damaged ledger: the outcomes up to the first that cannot be read, and all intact calls."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from mifg_pipeline.errors import MifgError
from mifg_pipeline.store.calls import INSERT_CALL, SELECT_CALL, SMALLEST_CALL
from mifg_pipeline.store.database import checksum
from mifg_pipeline.store.ledger import INSERT_OUTCOME, Ledger

_SELECT_OUTCOME = "SELECT * FROM outcome WHERE attempt = ?"

Row = tuple[object, ...]


@dataclass(frozen=True)
class Salvaged:
    """What became of a damaged ledger.

    Attributes:
        kept: Outcomes that were intact, from the first on without gaps.
        calls: Model calls that were intact; they are not paid again.
        damaged: Where the damaged file lies now.
    """

    kept: int
    calls: int
    damaged: Path


def salvage(path: Path) -> Salvaged | None:
    """Puts a ledger of the intact outcomes and calls in the place of a damaged one; does nothing to a sound one.

    Outcomes depend on nothing but their index, the corpus, the settings and the replies of models, so those that are
    lost can be made again. Readings of images are dropped: they are read again.

    Raises:
        MifgError: If nothing can be read at all.
    """
    if not path.exists() or _is_sound(path):
        return None
    rebuilt = path.with_name(f"{path.name}.rebuilt")
    _remove(rebuilt)
    with Ledger(rebuilt):
        pass
    with closing(sqlite3.connect(rebuilt)) as target, closing(sqlite3.connect(path)) as source, target:
        outcomes = target.executemany(INSERT_OUTCOME, _intact_outcomes(source)).rowcount
        calls = target.executemany(INSERT_CALL, _intact_calls(source, _most_calls(source))).rowcount
    if not outcomes and not calls:
        _remove(rebuilt)
        raise MifgError(
            f"{path} is damaged and nothing of it can be read.",
            "Restore it from a copy of the run, or delete the file to make the run anew from its run.yaml.",
        )
    damaged = path.with_name(f"{path.name}.damaged")
    _remove(damaged)
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(damaged.with_name(damaged.name + suffix))
    rebuilt.replace(path)
    return Salvaged(outcomes, calls, damaged)


def _is_sound(path: Path) -> bool:
    """Whether SQLite finds no fault and every outcome and call has its checksum."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                return False
            (outcomes,) = connection.execute("SELECT count(*) FROM outcome").fetchone()
            (calls,) = connection.execute("SELECT count(*) FROM call").fetchone()
            intact_outcomes = sum(1 for _ in _intact_outcomes(connection))
            intact_calls = sum(1 for _ in _intact_calls(connection, calls))
        return bool(intact_outcomes == outcomes and intact_calls == calls)
    except sqlite3.OperationalError as error:
        # A file without tables is a ledger that was just begun; it has nothing that could be damaged.
        return "no such table" in str(error)
    except sqlite3.DatabaseError:
        return False


def _intact_outcomes(connection: sqlite3.Connection) -> Iterator[Row]:
    """The outcomes from the first on, up to the first that is missing, unreadable or changed."""
    attempt = 0
    while (row := _intact_row(connection, _SELECT_OUTCOME, attempt)) is not None:
        yield row
        attempt += 1


def _intact_calls(connection: sqlite3.Connection, most: int) -> Iterator[Row]:
    """The calls up to this number that are readable and unchanged; each counts for itself."""
    for number in range(1, most + 1):
        row = _intact_row(connection, SELECT_CALL, number)
        if row is not None:
            yield row


def _most_calls(connection: sqlite3.Connection) -> int:
    """Calls that a file of this size can hold at most: a damaged table does not say how many there are."""
    try:
        ((pages,),) = connection.execute("PRAGMA page_count")
        ((page_size,),) = connection.execute("PRAGMA page_size")
    except sqlite3.DatabaseError:
        return 0
    return int(pages * page_size // SMALLEST_CALL)


def _intact_row(connection: sqlite3.Connection, query: str, number: int) -> Row | None:
    """The row of this number if it is there, readable, and has its checksum as the last column."""
    try:
        row: Row | None = connection.execute(query, (number,)).fetchone()
        return row if row is not None and row[-1] == checksum(*row[:-1]) else None
    except (sqlite3.DatabaseError, TypeError, ValueError):  # a damaged value may be of a type that has no checksum
        return None


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
