"""Reads the rows of an exported dataset, and makes items of them again."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, cast

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from mifg_pipeline.errors import MifgError
from mifg_pipeline.export.columns import COLUMNS, answer_of
from mifg_pipeline.items import ImageRef, Item, Pool, Probe, Provenance, Verdict

_SHARD: Final = re.compile(r"(?P<pool>train|validation|test)-(?P<index>\d{5})-of-(?P<count>\d{5})\.parquet")

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

    def item(self) -> Item:
        """The item that the row was made from, but for what an export leaves out.

        The paths of its images are their names in the dataset. Results of gates and the answers of probes are not in
        a dataset.

        Raises:
            UnreadableRowError: If columns are empty, do not fit each other, or do not give the digests they name.
        """
        try:
            return _item_of(self.columns)
        except ValidationError as error:
            raise UnreadableRowError(str(error.errors()[0]["msg"]).removeprefix("Value error, ")) from error
        except KeyError as error:
            raise UnreadableRowError(f"{error} is missing") from error
        except (TypeError, ValueError) as error:
            raise UnreadableRowError(str(error)) from error

    def sound_item(self) -> Item:
        """The item, once its image files are known to be those that it names.

        Raises:
            MifgError: If they are not, or the row gives no item.
        """
        try:
            item = self.item()
        except UnreadableRowError as error:
            raise self._damaged(str(error)) from error
        for image, content in zip(item.images, self.contents, strict=True):
            if hashlib.sha256(content).hexdigest() != image.sha256:
                raise self._damaged(f"the sha256 of {image.path} is not {image.sha256}")
        return item

    def _damaged(self, reason: str) -> MifgError:
        return MifgError(f"{self.place}: {reason}.", "Look at `mifg check` of the dataset, and restore it from a copy.")


def shards_of(root: Path) -> list[Shard]:
    """The shards of a dataset, split by split.

    Raises:
        MifgError: If there are none.
    """
    shards = [shard for path in sorted((root / "data").glob("*.parquet")) if (shard := Shard.of(path))]
    if not shards:
        raise MifgError(f"{root} is no exported dataset: it has no data/train-00000-of-….parquet.", _REMEDY)
    return sorted(shards, key=lambda shard: (shard.pool, shard.index))


def read_rows(shard: Shard) -> Iterator[Row]:
    """The rows of a shard, holding one row group at a time.

    Raises:
        MifgError: If the file is damaged, or lacks columns of an export.
    """
    try:
        with pq.ParquetFile(shard.path) as file:
            missing = [name for name in COLUMNS.names if name not in file.schema_arrow.names]
            if missing:
                raise MifgError(f"{shard.path} lacks the columns {', '.join(missing)}.", _REMEDY)
            position = 0
            for group in range(file.num_row_groups):
                for columns in file.read_row_group(group, COLUMNS.names).to_pylist():
                    yield Row(shard, position, columns)
                    position += 1
    except (OSError, pa.ArrowException) as error:
        raise MifgError(
            f"{shard.path} cannot be read: {error}.", "Restore it from a copy, or export the run again."
        ) from error


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
        yield ImageRef(**known, path=image["path"], license=license_name, attribution=attribution, source=source)
