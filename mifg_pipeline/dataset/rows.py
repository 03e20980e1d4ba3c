"""Reads the rows of an exported dataset, and makes items of them again."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, cast, get_args

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from mifg_pipeline.errors import MifgError
from mifg_pipeline.export.columns import COLUMNS, answer_of, row_of
from mifg_pipeline.export.selection import Entry, Status
from mifg_pipeline.items import ImageRef, Item, Pool, Probe, Provenance, Verdict

_SHARD: Final = re.compile(r"(?P<pool>train|validation|test)-(?P<index>\d{5})-of-(?P<count>\d{5})\.parquet")

_NAMED: Final = 3
"""Missing columns that a message names."""

_REMEDY: Final = "Name the folder that `mifg export RUN --out DIR --format hf` wrote, or a download of it."


class UnreadableRowError(ValueError):
    """The columns of a row are no item; the text says why."""


@dataclass(frozen=True)
class Shard:
    """One Parquet file of a split.

    Attributes:
        path: The file.
        pool: The split that its name says.
        index: Its number among the files of the split, from 0.
        count: How many files its name says the split has.
    """

    path: Path
    pool: Pool
    index: int
    count: int

    @classmethod
    def of(cls, path: Path) -> Self | None:
        """What the name of a file says; None where it is not that of a shard."""
        match = _SHARD.fullmatch(path.name)
        return cls(path, cast(Pool, match["pool"]), int(match["index"]), int(match["count"])) if match else None


@dataclass(frozen=True)
class Row:
    """One row as it stands in its file.

    Attributes:
        shard: The file.
        position: Its number in the file, from 0.
        columns: Its values by name of the column.
    """

    shard: Shard
    position: int
    columns: Mapping[str, Any]

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"{self.shard.path.name}, row {self.position}"

    @property
    def contents(self) -> list[bytes]:
        """The bytes of the files of its images."""
        return [image["bytes"] for image in self.columns["images"]]

    def entry(self) -> Entry:
        """The item that the row was made from, but for what an export leaves out, and what people said of it.

        The paths of its images are their names in the dataset. Results of gates and the answers of probes are not in
        a dataset.

        Raises:
            UnreadableRowError: If columns are empty, do not fit each other, or do not give the digests they name.
        """
        try:
            return Entry(_item_of(self.columns), **_review_of(self.columns["review"]))
        except ValidationError as error:
            raise UnreadableRowError(str(error.errors()[0]["msg"]).removeprefix("Value error, ")) from error
        except KeyError as error:
            raise UnreadableRowError(f"{error} is missing") from error
        except (AttributeError, RecursionError, TypeError, ValueError) as error:
            raise UnreadableRowError(str(error)) from error

    def sound_entry(self) -> Entry:
        """The item and what people said of it, once its image files are known to be those that it names.

        Raises:
            MifgError: If they are not, or the row gives no item.
        """
        try:
            entry = self.entry()
        except UnreadableRowError as error:
            raise self._damaged(str(error)) from error
        for image, content in zip(entry.item.images, self.contents, strict=True):
            if hashlib.sha256(content).hexdigest() != image.sha256:
                raise self._damaged(f"the sha256 of {image.path} is not {image.sha256}")
        return entry

    def parents(self) -> dict[str, tuple[str, ...]]:
        """Digests of what each of its images was made from, by the digest of the image; needs one column alone.

        Raises:
            MifgError: If the column is damaged.
        """
        try:
            facts = json.loads(self.columns["provenance"])["images"]
            return {image["sha256"]: tuple(image["derived_from"]) for image in facts}
        except (LookupError, RecursionError, TypeError, ValueError) as error:
            raise self._damaged(f"its provenance cannot be read: {type(error).__name__} {error}") from error

    def differences(self, entry: Entry) -> list[str]:
        """The columns that do not say what an export of the entry, which is that of the row, would say there.

        Raises:
            UnreadableRowError: If a value is none that an export can write.
        """
        try:
            would_say = pa.Table.from_pylist([row_of(entry, self.contents)], COLUMNS).to_pylist()[0]
        except (pa.ArrowException, OverflowError, ValueError) as error:
            raise UnreadableRowError(str(error)) from error
        said, would_say = ({**row, "provenance": json.loads(row["provenance"])} for row in (self.columns, would_say))
        return [name for name in COLUMNS.names if said[name] != would_say[name]]

    def _damaged(self, reason: str) -> MifgError:
        return MifgError(
            f"{self.place}: {reason.rstrip('.')}.", "Look at `mifg check` of the dataset, and restore it from a copy."
        )


def shards_of(root: Path) -> list[Shard]:
    """The shards of a dataset, split by split.

    Raises:
        MifgError: If there are none.
    """
    shards = [shard for path in sorted((root / "data").glob("*.parquet")) if (shard := Shard.of(path))]
    if not shards:
        raise MifgError(f"{root} is no exported dataset: it has no data/train-00000-of-….parquet.", _REMEDY)
    return sorted(shards, key=lambda shard: (shard.pool, shard.index))


def read_rows(shard: Shard, columns: Sequence[str] = COLUMNS.names) -> Iterator[Row]:
    """The rows of a shard, holding one row group at a time.

    Args:
        shard: The file.
        columns: Those to read; a row has no others.

    Raises:
        MifgError: If the file is damaged, or lacks columns of an export.
    """
    try:
        with pq.ParquetFile(shard.path) as file:
            missing = [name for name in COLUMNS.names if name not in file.schema_arrow.names]
            if missing:
                named = ", ".join(missing[:_NAMED]) + f" and {len(missing) - _NAMED} more" * (len(missing) > _NAMED)
                raise MifgError(f"{shard.path} lacks columns of an export: {named}.", _REMEDY)
            position = 0
            for group in range(file.num_row_groups):
                for values in file.read_row_group(group, list(columns)).to_pylist():
                    yield Row(shard, position, values)
                    position += 1
    except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
        reason = str(error).rstrip(".")
        raise MifgError(
            f"{shard.path} cannot be read: {reason}.", "Restore it from a copy, or export the run again."
        ) from error


def _review_of(review: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the column says, as fields of an entry.

    Raises:
        ValueError: If it cannot be what an export wrote.
    """
    said = review or {}
    status, decision, annotators = said.get("status"), said.get("decision"), tuple(said.get("annotators") or ())
    if status not in get_args(Status):
        raise ValueError(f"the status of the review is {status!r}")
    complete = bool(decision and annotators) and None not in annotators
    if not (complete if status == "verified" else decision is None and not annotators):
        raise ValueError(f"the review says {status}, decision {decision} and annotators {list(annotators)}")
    return {"status": status, "decision": decision, "annotators": annotators}


def _item_of(row: Mapping[str, Any]) -> Item:
    made = json.loads(row["provenance"])
    return Item(
        id=row["id"],
        digest=made["digest"],
        parent_id=made["parent_id"],
        images=tuple(_images_of(row, made["images"])),
        question=row["question"],
        options=row["options"],
        answer=answer_of(row),
        roles=row["roles"],
        evidence=row["evidence"],
        skills=row["skills"],
        pool=row["pool"],
        difficulty=row["difficulty"],
        probes=tuple(Probe(**probe, answers=()) for probe in made["probes"]),
        verdict=Verdict(gates=(), people_first=made["people_first"]),
        provenance=Provenance(
            **{name: made[name] for name in Provenance.model_fields if name != "writer"}, writer=row["writer"]
        ),
    )


def _images_of(row: Mapping[str, Any], facts: list[dict[str, Any]]) -> Iterator[ImageRef]:
    columns = (row[name] for name in ("images", "licenses", "attributions", "sources"))
    for known, image, license_name, attribution, source in zip(facts, *columns, strict=True):
        if image is None or image["bytes"] is None:
            raise ValueError("the bytes of an image are missing")
        yield ImageRef(**known, path=image["path"], license=license_name, attribution=attribution, source=source)
