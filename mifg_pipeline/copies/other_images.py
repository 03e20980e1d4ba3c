"""The images of somebody else's dataset, wherever they stand in it: files of a folder, columns of Parquet files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from mifg_pipeline.errors import MifgError
from mifg_pipeline.images.decoding import UnusableImage, read_image_file

SUFFIXES: Final = frozenset(
    (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".avif", ".jp2")
)

_ROWS_AT_ONCE: Final = 16


class OtherImage(NamedTuple):
    """An image file of another dataset.

    Attributes:
        place: Where it stands there.
        content: Its bytes.
    """

    place: str
    content: bytes


def other_images(dataset: Path) -> Iterator[OtherImage]:
    """The images of a dataset that lies in a folder or a Parquet file, a few at a time.

    Raises:
        MifgError: If there is nothing at the path, or a file cannot be read.
    """
    if not dataset.exists():
        raise MifgError(f"There is no dataset {dataset}.", "Name a folder with images or Parquet files.")
    files = sorted(path for path in dataset.rglob("*") if path.is_file()) if dataset.is_dir() else [dataset]
    for file in files:
        place = file.relative_to(dataset).as_posix() if file != dataset else file.name
        try:
            if file.suffix.lower() in SUFFIXES:
                yield OtherImage(place, read_image_file(file))
            elif file.suffix.lower() == ".parquet":
                yield from (OtherImage(f"{place}, row {row}", content) for row, content in _in_parquet(file))
        except (OSError, UnusableImage, pa.ArrowException) as error:
            raise MifgError(
                f"{file} cannot be read: {error}.", "Restore it, or leave it out of the dataset."
            ) from error


def _in_parquet(path: Path) -> Iterator[tuple[int, bytes]]:
    """Row and bytes of each image in the columns of a file that can hold some."""
    with pq.ParquetFile(path) as file:
        columns = [field.name for field in file.schema_arrow if _may_hold_images(field.type)]
        row = 0
        for batch in file.iter_batches(_ROWS_AT_ONCE, columns=columns) if columns else ():
            for values in batch.to_pylist():
                yield from ((row, content) for value in values.values() for content in _contents(value))
                row += 1


def _may_hold_images(data_type: pa.DataType) -> bool:
    if pa.types.is_list(data_type) or pa.types.is_large_list(data_type):
        return _may_hold_images(data_type.value_type)
    if pa.types.is_struct(data_type):
        return any(_may_hold_images(field.type) for field in data_type)
    return bool(pa.types.is_binary(data_type) or pa.types.is_large_binary(data_type))


def _contents(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, list | tuple):
        for element in value:
            yield from _contents(element)
    elif isinstance(value, dict):
        for element in value.values():
            yield from _contents(element)
