"""Reads the rows of published files: text at once, images when they are asked for."""

import base64
import binascii
import csv
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mifg_pipeline.errors import MifgError
from mifg_pipeline.evaluate.benchmarks.layout import Layout, check_columns, check_row
from mifg_pipeline.imagent.question import QuestionImage


@dataclass(frozen=True)
class Row:
    """One row of a file.

    Attributes:
        place: File and row, as a person finds them.
        fields: Its columns apart from those with images.
        images: How many images it has, by the name of their column.
        read: Reads an image column: what the file holds, undecoded.
    """

    place: str
    fields: Mapping[str, Any]
    images: Mapping[str, int]
    read: Callable[[str], Any] = field(compare=False, repr=False)


def read_rows(files: Sequence[Path], layout: Layout, images: Sequence[str]) -> list[Row]:
    """The rows of Parquet or TSV files, in their order.

    Args:
        files: Of one kind or both.
        layout: Columns that every file must have, apart from those with images.
        images: Image columns that every file must have.

    Raises:
        MifgError: If a file cannot be read, lacks a column, or has values of another kind in one.
    """
    rows: list[Row] = []
    for file in files:
        reader = _parquet_rows if file.suffix == ".parquet" else _tsv_rows
        try:
            rows.extend(reader(file, layout, images))
        except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
            raise MifgError(f"{file} cannot be read: {error}.", "Download it again.") from error
    for row in rows:
        check_row(row.place, layout, row.fields)
    return rows


def decode_base64(text: Any, place: str) -> QuestionImage:
    """The image that a column holds in base64.

    Raises:
        MifgError: If there is none.
    """
    if not isinstance(text, str) or not text:
        raise MifgError(f"The image of {place} is missing.", "Download the file again.")
    try:
        return QuestionImage.of_bytes(base64.b64decode(text, validate=True))
    except binascii.Error as error:
        raise MifgError(f"The image of {place} is no base64 ({error}).", "Download the file again.") from error


def embedded_image(cell: Any, place: str) -> QuestionImage:
    """The image that a cell of Hugging Face's ``Image`` feature holds.

    Raises:
        MifgError: If its bytes are not in the file.
    """
    if not cell or not cell["bytes"]:
        raise MifgError(f"The image of {place} is missing.", "Download the file again.")
    return QuestionImage.of_bytes(cell["bytes"])


def _parquet_rows(file: Path, layout: Layout, images: Sequence[str]) -> Iterator[Row]:
    parquet = pq.ParquetFile(file)
    names = parquet.schema_arrow.names
    check_columns(str(file), (*layout, *images), names)
    counts = {name: _image_counts(parquet, name) for name in images}
    groups = _RowGroups(parquet)
    for position, fields in enumerate(parquet.read([name for name in names if name not in images]).to_pylist()):
        yield Row(
            f"{file}, row {position + 1}",
            fields,
            {name: count[position] for name, count in counts.items()},
            partial(groups.read, position),
        )


def _image_counts(parquet: pq.ParquetFile, column: str) -> list[int]:
    """How many images each row has, without reading them: from the names that lie beside the bytes."""
    kind = parquet.schema_arrow.field(column).type
    if not pa.types.is_nested(kind):
        return [1] * parquet.metadata.num_rows
    leaves = [parquet.schema.column(index).path for index in range(len(parquet.schema))]
    name = next((leaf for leaf in leaves if leaf.startswith(f"{column}.") and leaf.endswith(".path")), column)
    values = parquet.read([name])[column].combine_chunks()
    if pa.types.is_struct(kind):
        return [int(valid) for valid in values.is_valid().to_pylist()]
    return [count or 0 for count in values.value_lengths().to_pylist()]


class _RowGroups:
    """Reads cells of image columns; the row group that was read last is kept, since neighbours are asked for next."""

    def __init__(self, parquet: pq.ParquetFile) -> None:
        self._parquet = parquet
        self._lock = Lock()
        self._kept: dict[str, tuple[int, pa.ChunkedArray]] = {}
        sizes = (parquet.metadata.row_group(index).num_rows for index in range(parquet.num_row_groups))
        self._starts = [0]
        for size in sizes:
            self._starts.append(self._starts[-1] + size)

    def read(self, position: int, column: str) -> Any:
        group = next(index for index, start in enumerate(self._starts[1:]) if position < start)
        with self._lock:
            kept = self._kept.get(column)
            if kept is None or kept[0] != group:
                kept = self._kept[column] = (group, self._parquet.read_row_group(group, [column])[column])
        return kept[1][position - self._starts[group]].as_py()


def _tsv_rows(file: Path, layout: Layout, images: Sequence[str]) -> Iterator[Row]:
    # An image in base64 is longer than the 128 KB that the module allows a field by default.
    csv.field_size_limit(sys.maxsize)
    with file.open("rb") as stream:
        position = 0

        def lines() -> Iterator[str]:
            nonlocal position
            for line in stream:
                position += len(line)
                yield line.decode()

        reader = csv.reader(lines(), delimiter="\t")
        header = next(reader, [])
        check_columns(str(file), (*layout, *images), header)
        start = position
        for number, values in enumerate(reader, start=1):
            if len(values) != len(header):
                raise MifgError(
                    f"{file}, row {number} has {len(values)} columns; the header has {len(header)}.",
                    "Download it again.",
                )
            fields = dict(zip(header, values, strict=True))
            counts = {name: int(bool(fields.pop(name))) for name in images}
            yield Row(f"{file}, row {number}", fields, counts, _tsv_cell(file, start, header))
            start = position


def _tsv_cell(file: Path, start: int, header: Sequence[str]) -> Callable[[str], str]:
    """Reads one cell of the row that begins at a byte of the file."""

    def read(column: str) -> str:
        with file.open("rb") as stream:
            stream.seek(start)
            values = next(csv.reader((line.decode() for line in stream), delimiter="\t"))
        return values[header.index(column)]

    return read
