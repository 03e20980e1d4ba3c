"""The images of somebody else's dataset, wherever they stand in it: files, columns of tables, base64 in texts."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from mifg_pipeline.copies.encoded_images import encoded_images
from mifg_pipeline.errors import MifgError
from mifg_pipeline.images.decoding import UnusableImage, read_image_file
from mifg_pipeline.store.folders import files_below

SUFFIXES: Final = frozenset(
    (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".avif", ".jp2")
)

_ROWS_AT_ONCE: Final = 16

_OF_BYTES: Final = (
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
)
"""Types of what can hold an image: its bytes, or a text with its base64."""

_ARROW_FILE: Final = b"ARROW1"
"""What a file of Arrow begins with, and a stream does not."""

_COUNTED_AT_ONCE: Final = 1 << 20
"""Bytes of a text whose lines are counted in one go."""

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
    """A dataset that lies in a folder or a single file.

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
            raise MifgError(f"There is no dataset {self._root}.", "Name a folder with images or tables of images.")
        found = False
        for image in chain.from_iterable(map(self._in_file, self._files())):
            found = True
            yield image
        if not found:
            raise MifgError(
                f"{self._root} holds no images{self.passed_over and f' but files of other kinds: {self.passed_over}'}.",
                "Name a folder with images or tables of images; archives have to be unpacked.",
            )

    @property
    def passed_over(self) -> str:
        """The files in which ``images`` found none, counted by suffix; hidden ones do not count."""
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
            elif read := _TABLES.get(suffix):
                where = None
                for where, content in read(file):
                    yield OtherImage(f"{place.as_posix()}, {where}", content)
                if where is None:
                    self._pass_over(place, f"{suffix} without images")
            else:
                self._pass_over(place, suffix or "without suffix")
        except (OSError, UnicodeDecodeError, UnusableImage, pa.ArrowException) as error:
            raise MifgError(f"{file} cannot be read: {str(error).rstrip('.')}.", _REMEDY) from error

    def _pass_over(self, place: Path, kind: str) -> None:
        if not any(part.startswith(".") for part in place.parts):
            self._passed_over[kind] += 1


def _in_parquet(path: Path) -> Iterator[tuple[str, bytes]]:
    """Row and bytes of each image in the columns of a file that can hold some."""
    with pq.ParquetFile(path) as file:
        columns = [field.name for field in file.schema_arrow if _may_hold_images(field.type)]
        if columns:
            yield from _in_batches(file.iter_batches(_ROWS_AT_ONCE, columns=columns))


def _in_arrow(path: Path) -> Iterator[tuple[str, bytes]]:
    """Row and bytes of each image in a stream of Arrow, as ``datasets`` saves and caches, or in a file of Arrow."""
    with pa.memory_map(str(path)) as file:
        is_stream = file.read(len(_ARROW_FILE)) != _ARROW_FILE
        file.seek(0)
        table = (pa.ipc.open_stream if is_stream else pa.ipc.open_file)(file).read_all()  # mapped: takes no memory
        columns = [field.name for field in table.schema if _may_hold_images(field.type)]
        if columns:
            yield from _in_batches(table.select(columns).to_batches(_ROWS_AT_ONCE))


def _in_text(path: Path) -> Iterator[tuple[str, bytes]]:
    """Line and bytes of each image in a text."""
    if not path.stat().st_size:
        return
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as text:
        line, counted = 1, 0
        for start, content in encoded_images(text):
            for first in range(counted, start, _COUNTED_AT_ONCE):
                line += text[first : min(first + _COUNTED_AT_ONCE, start)].count(b"\n")
            counted = start
            yield f"line {line}", content


_TABLES: Final[dict[str, Callable[[Path], Iterator[tuple[str, bytes]]]]] = {
    ".parquet": _in_parquet,
    ".arrow": _in_arrow,
    **dict.fromkeys((".tsv", ".csv", ".json", ".jsonl"), _in_text),
}
"""How images stand in files that hold many; of each, where, and its bytes."""


def _in_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, bytes]]:
    row = 0
    for batch in batches:
        for values in batch.to_pylist():
            yield from ((f"row {row}", content) for value in values.values() for content in _contents(value))
            row += 1


def _may_hold_images(data_type: pa.DataType) -> bool:
    if pa.types.is_nested(data_type):
        return any(_may_hold_images(data_type.field(index).type) for index in range(data_type.num_fields))
    if pa.types.is_dictionary(data_type):
        return _may_hold_images(data_type.value_type)
    return any(test(data_type) for test in _OF_BYTES)


def _contents(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, str):
        yield from (content for _, content in encoded_images(value.encode()))
    elif isinstance(value, list | tuple):
        for element in value:
            yield from _contents(element)
    elif isinstance(value, dict):
        for element in value.values():
            yield from _contents(element)
