"""Finished model calls in the ledger: the replay cache, and what was spent so far."""

from dataclasses import dataclass
from typing import NamedTuple

from mifg_pipeline.store.database import Database, checksum
from mifg_pipeline.store.usage import Usage

CALL_SCHEMA = """
CREATE TABLE IF NOT EXISTS call (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    model TEXT NOT NULL,
    purpose TEXT NOT NULL,
    text TEXT NOT NULL,
    refusal TEXT,
    finish_reason TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    seconds REAL NOT NULL,
    money REAL,
    checksum TEXT NOT NULL
) STRICT;
"""

_COLUMNS = "key, model, purpose, text, refusal, finish_reason, prompt_tokens, completion_tokens, seconds, money"

INSERT_CALL = f"INSERT INTO call ({_COLUMNS}, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
SELECT_CALL = f"SELECT {_COLUMNS}, checksum FROM call WHERE number = ?"
SMALLEST_CALL = 100
"""Bytes that a row takes at least: its key and its checksum alone are 64."""

_SELECT_BY_KEY = f"SELECT {_COLUMNS} FROM call WHERE key = ?"
_SELECT_TOTALS = """
    SELECT model, purpose, count(*), 0, sum(money IS NULL), sum(prompt_tokens), sum(completion_tokens), total(money),
        total(seconds)
    FROM call GROUP BY model, purpose ORDER BY model, purpose"""


class StoredCall(NamedTuple):
    """A call that was paid, with its reply; the fields are those of the request and of the reply (``models.chat``)."""

    key: str
    model: str
    purpose: str
    text: str
    refusal: str | None
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    money: float | None


@dataclass(frozen=True)
class CallTotal:
    """What the calls of one model for one purpose took."""

    model: str
    purpose: str
    usage: Usage


class Calls:
    """The calls of a run."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> StoredCall | None:
        """The call of this key, or None where it was never finished."""
        for columns in self._database.select(_SELECT_BY_KEY, (key,)):
            return StoredCall(*columns)
        return None

    def put(self, call: StoredCall) -> None:
        """Stores a finished call; afterwards it survives the end of the process.

        Raises:
            MifgError: If the disk is full, or there is a call of this key.
        """
        self._database.write(INSERT_CALL, [(*call, checksum(*call))])

    def totals(self) -> list[CallTotal]:
        """What all calls took, by model and purpose."""
        rows = self._database.select(_SELECT_TOTALS)
        return [CallTotal(model, purpose, Usage(*figures)) for model, purpose, *figures in rows]

    def spent(self) -> Usage:
        """What all calls took together."""
        return sum((total.usage for total in self.totals()), Usage())
