"""The candidates of a run as an index of byte offsets: an item is parsed when somebody looks at it."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import msgspec
from pydantic import ValidationError

from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import Item
from mifg_pipeline.review.order import ItemGlance, Stratum
from mifg_pipeline.store.review_records import validation_problems
from mifg_pipeline.store.run_folder import RunFolder

_GLANCES: Final = msgspec.json.Decoder(ItemGlance)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Where an item's line lies, and what the queue must know of it.

    Attributes:
        id: Of the item.
        digest: Of the item as it is now.
        start: Where the line begins, bytes.
        size: Length of the line, bytes.
        stratum: How doubtful it looks.
    """

    id: str
    digest: str
    start: int
    size: int
    stratum: Stratum


class Candidates:
    """The candidates of a run as they were when this was opened, by their position in the file.

    The file is held open, so that the offsets stay true when another file takes its place.
    """

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self.path = path
        self._file = file
        self._signature = _signature(os.fstat(file.fileno()))
        self.entries = list(_indexed(path, file))
        self.positions = {entry.id: position for position, entry in enumerate(self.entries)}

    @classmethod
    def open(cls, run: RunFolder) -> "Candidates":
        """Indexes the candidates of a run.

        Raises:
            MifgError: If there are none yet, or a line is damaged.
        """
        path = run.candidates_path
        try:
            return cls(path, path.open("rb"))
        except FileNotFoundError as error:
            raise MifgError(f"{run.root} has no {path.name} yet.", "Let `mifg generate` finish on it first.") from error
        except OSError as error:
            raise MifgError(f"Cannot read {path}: {error.strerror}.", "Check its permissions.") from error

    def __len__(self) -> int:
        return len(self.entries)

    def is_current(self) -> bool:
        """Whether the file is still the one that was opened."""
        try:
            return _signature(self.path.stat()) == self._signature
        except FileNotFoundError:
            return False

    def item(self, position: int) -> Item:
        """The item at a position.

        Raises:
            MifgError: If its line is damaged.
        """
        try:
            return Item.model_validate_json(self._line(position))
        except ValidationError as error:
            raise _damaged(self.path, position + 1, validation_problems(error)) from error

    def fields(self, position: int) -> dict[str, Any]:
        """The fields of the item at a position, as JSON has them; they are not checked."""
        fields: dict[str, Any] = json.loads(self._line(position))
        return fields

    def current(self, item_id: str, item_digest: str) -> int | None:
        """The position of the item, if there is such an item and it is as it was with that digest."""
        position = self.positions.get(item_id)
        return position if position is not None and self.entries[position].digest == item_digest else None

    def _line(self, position: int) -> bytes:
        entry = self.entries[position]
        return os.pread(self._file.fileno(), entry.size, entry.start)


def _signature(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns


def _indexed(path: Path, file: IO[bytes]) -> Iterator[Candidate]:
    start = 0
    strata: dict[Stratum, Stratum] = {}  # one object for the many items of a stratum
    for number, line in enumerate(file, start=1):
        try:
            item = _glance(line)
        except (msgspec.DecodeError, ValueError) as error:
            raise _damaged(path, number, str(error)) from error
        stratum = Stratum.of(item)
        yield Candidate(item.id, item.digest, start, len(line), strata.setdefault(stratum, stratum))
        start += len(line)


def _glance(line: bytes) -> ItemGlance:
    """What the index needs of a line; the figures of a gate may be no number, which only the slower parser reads."""
    try:
        return _GLANCES.decode(line)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return msgspec.convert(json.loads(line), ItemGlance)


def _damaged(path: Path, number: int, problem: str) -> MifgError:
    return MifgError(
        f"{path}, line {number}: {problem}.",
        "Run `mifg generate` on the same folder again: it writes the file anew from the ledger.",
    )
