"""Saves what is intact of a damaged ledger: the outcomes up to the first that cannot be read."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from mifg_pipeline.errors import MifgError
from mifg_pipeline.store.ledger import INSERT_OUTCOME, Ledger, checksum


@dataclass(frozen=True)
class Salvaged:
    """What became of a damaged ledger.

    Attributes:
        kept: Outcomes that were intact, from the first on without gaps.
        damaged: Where the damaged file lies now.
    """

    kept: int
    damaged: Path


def salvage(path: Path) -> Salvaged | None:
    """Puts a ledger of the intact outcomes in the place of a damaged one; does nothing to a sound one.

    Outcomes depend on nothing but their index, the corpus and the settings, so those that are lost can be made again.
    Readings of images are dropped: they are read again.

    Raises:
        MifgError: If nothing can be read at all.
    """
    if not path.exists() or _is_sound(path):
        return None
    rebuilt = path.with_name(f"{path.name}.rebuilt")
    _remove(rebuilt)
    with Ledger(rebuilt):
        pass
    kept = 0
    with closing(sqlite3.connect(rebuilt)) as connection, connection:
        for row in _intact_rows(path):
            connection.execute(INSERT_OUTCOME, row)
            kept += 1
    if not kept:
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
    return Salvaged(kept, damaged)


def _is_sound(path: Path) -> bool:
    """Whether SQLite finds no fault and every outcome has its checksum."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            if connection.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
                return False
            (count,) = connection.execute("SELECT count(*) FROM outcome").fetchone()
        return bool(sum(1 for _ in _intact_rows(path)) == count)
    except sqlite3.OperationalError as error:
        # A file without tables is a ledger that was just begun; it has nothing that could be damaged.
        return "no such table" in str(error)
    except sqlite3.DatabaseError:
        return False


def _intact_rows(path: Path) -> Iterator[tuple[object, ...]]:
    """The outcomes from the first on, up to the first that is missing, unreadable or changed."""
    with closing(sqlite3.connect(path)) as connection:
        attempt = 0
        while True:
            try:
                row = connection.execute("SELECT * FROM outcome WHERE attempt = ?", (attempt,)).fetchone()
            except (sqlite3.DatabaseError, UnicodeDecodeError):
                return
            if row is None or row[-1] != checksum(*row[:-1]):
                return
            yield row
            attempt += 1


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
