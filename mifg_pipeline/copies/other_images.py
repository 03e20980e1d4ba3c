"""The images of somebody else's dataset, wherever they stand in it: files of a folder, columns of Parquet files."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from mifg_pipeline.errors import MifgError
from mifg_pipeline.images.decoding import UnusableImage, read_image_file
from mifg_pipeline.store.folders import files_below

SUFFIXES: Final = frozenset(
    (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".avif", ".jp2")
)

_ROWS_AT_ONCE: Final = 16

_REMEDY: Final = "Restore it, or leave it out of the dataset."


class OtherImage(NamedTuple):
    """An image file of another dataset.

    Attributes:
        place: Where it stands there.
        content: Its bytes.
    """

    place: str
    content: bytes


class OtherDataset:
    """A dataset that lies in a folder or a Parquet file.

    Args:
        root: Where it lies.
        name: What to call it.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        self._passed_over: Counter[str] = Counter()
        self._root = root

    def images(self) -> Iterator[OtherImage]:
        """Its images, a few at a time.

        Raises:
            MifgError: If there is nothing at the path, a file cannot be read, or there is no image.
        """
        if not self._root.exists():
            raise MifgError(f"There is no dataset {self._root}.", "Name a folder with images or Parquet files.")
        found = False
        for image in chain.from_iterable(map(self._in_file, self._files())):
            found = True
            yield image
        if not found:
            raise MifgError(
                f"{self._root} holds no images{self.passed_over and f' but files of other kinds: {self.passed_over}'}.",
                "Name a folder with images or Parquet files; archives have to be unpacked.",
            )

    @property
    def passed_over(self) -> str:
        """The files that ``images`` came across and did not look into, counted by suffix; hidden ones do not count."""
        return ", ".join(f"{count} {suffix}" for suffix, count in self._passed_over.most_common())

    def _files(self) -> list[Path]:
        if not self._root.is_dir():
            return [self._root]
        try:
            return list(files_below(self._root))
        except OSError as error:
            raise MifgError(f"{error.filename} cannot be read: {error.strerror}.", _REMEDY) from error

    def _in_file(self, file: Path) -> Iterator[OtherImage]:
        place = file.relative_to(self._root) if file != self._root else Path(file.name)
        suffix = file.suffix.lower()
        try:
            if suffix in SUFFIXES:
                yield OtherImage(place.as_posix(), read_image_file(file))
            elif suffix == ".parquet":
                row = None
                for row, content in _in_parquet(file):
                    yield OtherImage(f"{place.as_posix()}, row {row}", content)
                if row is None:
                    self._passed_over[".parquet without images"] += 1
            elif not any(part.startswith(".") for part in place.parts):
                self._passed_over[suffix or "without suffix"] += 1
        except (OSError, UnicodeDecodeError, UnusableImage, pa.ArrowException) as error:
            raise MifgError(f"{file} cannot be read: {str(error).rstrip('.')}.", _REMEDY) from error


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
    if pa.types.is_nested(data_type):
        return any(_may_hold_images(data_type.field(index).type) for index in range(data_type.num_fields))
    if pa.types.is_dictionary(data_type):
        return _may_hold_images(data_type.value_type)
    return any(test(data_type) for test in (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view))


def _contents(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, list | tuple):
        for element in value:
            yield from _contents(element)
    elif isinstance(value, dict):
        for element in value.values():
            yield from _contents(element)
