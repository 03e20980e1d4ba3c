"""The index of a corpus on disk: ``corpus.parquet``, one row per image file and per annotation problem.

Pyarrow is imported where the file is read or written, and nowhere else in this package: an unchanged folder is indexed
without opening it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from pydantic import Field, ValidationError

from mifg_pipeline.corpus.whole_file import write_whole
from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import SCHEMA_VERSION, UNKNOWN_LICENSE, Pool, Record, SchemaVersion

if TYPE_CHECKING:
    import pyarrow as pa

INDEX_NAME: Final = "corpus.parquet"

Status = Literal["image", "duplicate", "withheld", "rejected", "problem"]

_ROWS_AT_ONCE: Final = 4096
_METADATA_KEY: Final = b"mifg"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the index.

    Attributes:
        path: The image file, or the annotation file that has the problem; relative to the corpus.
        status: What became of it.
        reason: Why it is no usable image, as ``kind: detail``.
        place: Where in the annotation file the problem is.
        size: Bytes of the file when it was read.
        mtime_ns: Time of the file's last change when it was read.
        sha256: This and the following up to ``sharpness``: see ``Measurement``; null where the file gives no image.
        pool: The image's pool; kept while the image is not used, in case it comes back.
        cluster: See ``CorpusImage``, as for the following.
        objects: JSON array of ``ObjectAnnotation``; empty where there are none.
    """

    path: str
    status: Status
    reason: str = ""
    place: str = ""
    size: int | None = None
    mtime_ns: int | None = None
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    phash: str | None = None
    sharpness: float | None = None
    pool: Pool | None = None
    cluster: str | None = None
    license: str = UNKNOWN_LICENSE
    attribution: str = ""
    source: str = ""
    caption: str = ""
    categories: tuple[str, ...] = ()
    objects: str = ""


class IndexSettings(Record):
    """What decides the index of a folder.

    Attributes:
        seed: Seed of the pools.
        shares: Share of the clusters that goes to each pool.
        near_duplicate_distance: Hamming distance of 64-bit pHashes up to which two images are near-duplicates.
        min_side: Shortest side of a usable image, pixels.
    """

    seed: int = 0
    shares: dict[Pool, float] = Field(default={"train": 0.8, "validation": 0.1, "test": 0.1})
    near_duplicate_distance: int = Field(default=6, ge=0, le=32)
    min_side: int = Field(default=256, gt=0)


class IndexHeader(Record):
    """What the index file says of itself, in the metadata of the Parquet schema.

    Attributes:
        settings: The settings it was made with.
        stamp: Digest of the settings and of names, sizes and times of all files that it rests on; empty where some
            file could not be read and should be tried again.
    """

    schema_version: SchemaVersion = SCHEMA_VERSION
    settings: IndexSettings
    stamp: str


@dataclass(frozen=True)
class StoredIndex:
    """An index as it stands in its file.

    Attributes:
        header: What it says of itself.
        table: The fields of ``Row`` as columns.
    """

    header: IndexHeader
    table: "pa.Table"

    def rows(self, *columns: str) -> Iterator[dict[str, Any]]:
        """The rows as dicts, in their order.

        They are made of a part of the table at a time: as Python objects they are many times larger.

        Args:
            columns: Fields of ``Row``; all if none is named.
        """
        table = self.table.select(columns) if columns else self.table
        for batch in table.to_batches(max_chunksize=_ROWS_AT_ONCE):
            yield from batch.to_pylist()


def write_index(root: Path, header: IndexHeader, rows: Sequence[Row]) -> StoredIndex:
    """Writes the index whole or not at all, and returns it.

    Raises:
        MifgError: If the folder or the disk does not let it; the old index is then untouched.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {field.name: [getattr(row, field.name) for row in rows] for field in fields(Row)}
    schema = _schema().with_metadata({_METADATA_KEY: header.model_dump_json()})
    table = pa.Table.from_pydict(columns, schema=schema)
    # In memory first: the errors of the disk then come from Python's own file, with their plain reasons.
    encoded = pa.BufferOutputStream()
    pq.write_table(table, encoded, write_page_checksum=True)
    write_whole(root / INDEX_NAME, encoded.getvalue())
    return StoredIndex(header, table)


def read_index(root: Path) -> StoredIndex | None:
    """The index of a folder; None where it has none.

    Raises:
        MifgError: If the file is damaged or of another schema version.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = root / INDEX_NAME
    try:
        # Arrow's threads, alive when the interpreter ends, can abort it: they are kept out of the reading.
        with pq.ParquetFile(str(path), pre_buffer=False, page_checksum_verification=True) as file:
            table = file.read(use_threads=False)
    except FileNotFoundError:
        return None
    except (OSError, pa.ArrowException) as error:
        raise damaged(root) from error
    return StoredIndex(_read_header(root, table), table)


def _read_header(root: Path, table: "pa.Table") -> IndexHeader:
    text = cast(bytes, (table.schema.metadata or {}).get(_METADATA_KEY, b""))
    try:
        header = IndexHeader.model_validate_json(text)
    except ValidationError as error:
        if any(detail["loc"] == ("schema_version",) for detail in error.errors()):
            raise MifgError(
                f"The index {root / INDEX_NAME} has another schema version than {SCHEMA_VERSION}.",
                "Delete it and index the folder again; pools are then drawn anew.",
            ) from error
        raise damaged(root) from error
    if not table.schema.equals(_schema()):
        raise damaged(root)
    return header


def damaged(root: Path) -> MifgError:
    """The error for an index that cannot be read."""
    return MifgError(
        f"The index {root / INDEX_NAME} is damaged.",
        "Restore it, or delete it and index the folder again; pools are then drawn anew.",
    )


@cache
def _schema() -> "pa.Schema":
    import pyarrow as pa

    return pa.schema(
        {
            "path": pa.string(),
            "status": pa.string(),
            "reason": pa.string(),
            "place": pa.string(),
            "size": pa.int64(),
            "mtime_ns": pa.int64(),
            "sha256": pa.string(),
            "width": pa.int32(),
            "height": pa.int32(),
            "phash": pa.string(),
            "sharpness": pa.float64(),
            "pool": pa.string(),
            "cluster": pa.string(),
            "license": pa.string(),
            "attribution": pa.string(),
            "source": pa.string(),
            "caption": pa.string(),
            "categories": pa.list_(pa.string()),
            "objects": pa.string(),
        }
    )
