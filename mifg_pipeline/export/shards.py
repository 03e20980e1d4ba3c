"""Writes rows into the Parquet shards of splits, holding no more than two row groups of each split in memory."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mifg_pipeline.export.features import schema_with_features
from mifg_pipeline.items import POOLS, Pool

SHARD_BYTES = 300_000_000
"""Image bytes after which a new shard begins."""

GROUP_BYTES = 8_000_000
"""Image bytes after which a new row group begins: what a reader that streams has to load at once."""

GROUP_ROWS = 100
"""Rows after which a new row group begins."""


@dataclass(frozen=True)
class SplitFiles:
    """The shards of one split.

    Attributes:
        pool: The split.
        rows: Rows in it.
        table_bytes: Size of its Arrow tables.
        file_bytes: Size of its files.
    """

    pool: Pool
    rows: int
    table_bytes: int
    file_bytes: int


class Background:
    """A thread that does one job after another; who hands one over waits until the one before is done."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._job: Future[None] | None = None

    def hand_over(self, job: Callable[[], None]) -> None:
        """Has the thread do a job, after the one before; raises what that one raised."""
        self.wait()
        self._job = self._thread.submit(job)

    def wait(self) -> None:
        """Waits for the job at hand; raises what it raised."""
        if self._job is not None:
            self._job.result()

    def close(self) -> None:
        """Waits for the end of the thread."""
        self._thread.shutdown()


class PoolsWriter:
    """Writes rows into the shards of their splits, which come into being with their first rows.

    Args:
        folder: For the shards, made here.
        columns: Of every row; ``images`` is a list of structs with the field ``bytes``.
    """

    def __init__(self, folder: Path, columns: pa.Schema) -> None:
        self._folder = folder
        self._columns = columns
        self._splits: dict[Pool, SplitWriter] = {}
        folder.mkdir(parents=True)

    def write(self, pool: Pool, row: dict[str, Any]) -> None:
        """Adds a row, keyed by the columns, to a split."""
        if pool not in self._splits:
            self._splits[pool] = SplitWriter(self._folder, pool, self._columns)
        self._splits[pool].write(row)

    def finish(self) -> list[SplitFiles]:
        """Writes what is left, and says what each split with rows consists of."""
        return [self._splits[pool].finish() for pool in POOLS if pool in self._splits]

    def close(self) -> None:
        """Closes the shards that are open."""
        for split in self._splits.values():
            split.close()


class SplitWriter:
    """Writes the shards of one split into a folder, as ``train-00000-of-00002.parquet`` and so on.

    A row group is written in the background while the next one is gathered.

    Args:
        folder: For the shards.
        pool: The split.
        columns: Of every row.
        shard_bytes: Image bytes after which a new shard begins.
    """

    def __init__(self, folder: Path, pool: Pool, columns: pa.Schema, shard_bytes: int = SHARD_BYTES) -> None:
        self._folder = folder
        self._pool = pool
        self._shard_bytes = shard_bytes
        self._schema = schema_with_features(columns)
        self._shards: list[Path] = []
        self._open_shard: pq.ParquetWriter | None = None
        self._shard_size = 0
        self._group: list[dict[str, Any]] = []
        self._group_size = 0
        self._rows = 0
        self._table_bytes = 0
        self._background = Background()

    def write(self, row: dict[str, Any]) -> None:
        """Adds a row, keyed by the columns."""
        self._group.append(row)
        self._group_size += sum(len(image["bytes"]) for image in row["images"])
        if len(self._group) >= GROUP_ROWS or self._group_size >= min(GROUP_BYTES, self._shard_bytes):
            self._hand_over()

    def finish(self) -> SplitFiles:
        """Writes what is left and gives the shards their names."""
        if self._group:
            self._hand_over()
        self._background.wait()
        self.close()
        file_bytes = sum(path.stat().st_size for path in self._shards)
        for index, path in enumerate(self._shards):
            path.rename(self._folder / f"{self._pool}-{index:05d}-of-{len(self._shards):05d}.parquet")
        return SplitFiles(self._pool, self._rows, self._table_bytes, file_bytes)

    def close(self) -> None:
        """Closes the shard that is open, once what is under way has come to its end."""
        self._background.close()
        self._close_shard()

    def _hand_over(self) -> None:
        """Gives the rows gathered so far away to be written."""
        table = pa.Table.from_pylist(self._group, self._schema)
        self._background.hand_over(partial(self._write_group, table, self._group_size))
        self._group, self._group_size = [], 0

    def _write_group(self, table: pa.Table, size: int) -> None:
        if self._shard_size + size > self._shard_bytes:
            self._close_shard()
        if self._open_shard is None:
            self._shards.append(self._folder / f"{self._pool}-{len(self._shards):05d}.unfinished")
            # Nearly all bytes are image files: they are compressed already, and nobody searches them by their bounds.
            self._open_shard = pq.ParquetWriter(
                self._shards[-1], self._schema, use_dictionary=False, compression="NONE", write_statistics=False
            )
            self._shard_size = 0
        self._open_shard.write_table(table)
        self._rows += table.num_rows
        self._table_bytes += table.nbytes
        self._shard_size += size

    def _close_shard(self) -> None:
        if self._open_shard is not None:
            self._open_shard.close()
            self._open_shard = None
