"""An SQLite file of ours: its schema version, durable writes, checksums of rows, and errors with their remedy."""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import SCHEMA_VERSION, content_digest

_CHECKPOINT_PAGES = 4000
"""Pages (16 MB) that the write-ahead log gathers before they are moved, which waits for the disk."""


class Database:
    """An open SQLite file.

    Args:
        path: Made where it is missing, unless it is opened to read only.
        schema: Statements that make the tables where they are missing.
        read_only: Whether to leave the file as it is.
        if_damaged: What a user can do about a damaged file.

    Raises:
        MifgError: If the file cannot be opened, is damaged, or is of another schema version.
    """

    def __init__(self, path: Path, schema: str, *, read_only: bool, if_damaged: str) -> None:
        self._path = path
        self._if_damaged = if_damaged
        try:
            if read_only:
                self._connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
            else:
                self._connection = sqlite3.connect(path)
                self._prepare(schema)
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def close(self) -> None:
        """Ends the use of the file."""
        self._connection.close()

    def write(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Executes the statement for each row, for all or none; what was written survives the end of the process.

        Raises:
            MifgError: If the disk is full or the file is damaged.
        """
        try:
            with self._connection:
                self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def select(self, query: str, parameters: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows that the query finds, one by one.

        Raises:
            MifgError: If the file is damaged.
        """
        try:
            # `yield from` would close the cursor of rows that nobody asks for any more, perhaps after the file.
            for row in self._connection.execute(query, parameters):  # noqa: UP028
                yield row
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def _prepare(self, schema: str) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        ((version,),) = self._connection.execute("PRAGMA user_version")
        if version not in (0, SCHEMA_VERSION):
            raise MifgError(
                f"{self._path} has schema version {version}; this program writes version {SCHEMA_VERSION}.",
                "Use the version of mifg-pipeline that made it, or start a new run folder.",
            )
        with self._connection:
            self._connection.executescript(schema)
            self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _failure(self, error: sqlite3.Error) -> MifgError:
        if "full" in str(error) or "disk I/O" in str(error):
            return MifgError(
                f"Cannot write {self._path}: {error}.",
                "Free disk space, then run the same command again; generation resumes after the last stored attempt.",
            )
        if isinstance(error, sqlite3.OperationalError):
            return MifgError(
                f"Cannot use {self._path}: {error}.",
                "Check that the file exists and that you may write to its folder, then run the same command again.",
            )
        return MifgError(f"{self._path} is damaged: {error}.", self._if_damaged)


def checksum(*columns: object) -> str:
    """Digest of all other columns of a row: damage that SQLite does not see changes it."""
    return content_digest(columns)
