"""Multiple-choice questions as the tab-separated files that VLMEvalKit reads."""

import base64
import csv
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from mifg_pipeline.export.plain_images import PlainImages
from mifg_pipeline.export.selection import Entry
from mifg_pipeline.export.writer import FormatWriter
from mifg_pipeline.items import OPTION_LETTERS, Item, Pool

COLUMNS: Final = ("index", "id", "image", "question", *OPTION_LETTERS, "answer", "category", "l2-category", "split")

PART_BYTES: Final = 1_000_000_000
"""Size that no file is to exceed: of a file beyond 1 GiB, VLMEvalKit makes JPEG files, which blur details."""

READ_AS_MISSING: Final = frozenset(
    {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"}
    | {"NULL", "NaN", "None", "n/a", "nan", "null"}
)
"""Texts that pandas, by which VLMEvalKit reads its tables, takes for a missing value."""


class VLMEvalKitWriter(FormatWriter):
    """Writes ``MIFG-QA_TEST_2f9c01aa.tsv`` and so on, the images inside, by rows that are written at once."""

    def __init__(self, folder: Path, plain: PlainImages) -> None:
        self._folder = folder
        self._plain = plain
        self._tables: dict[Pool, _Tables] = {}
        folder.mkdir(parents=True)

    @staticmethod
    def unfit(item: Item) -> str | None:
        """See the base class."""
        if item.options is None:
            return f"it holds choices alone, and the answer is of kind {item.answer.kind}"
        missing = next((text for text in (item.question, *item.options) if text in READ_AS_MISSING), None)
        return None if missing is None else f"its reader takes the text {missing!r} for a missing value"

    def write(self, entry: Entry, images: Sequence[bytes]) -> None:
        """See the base class."""
        pool = entry.item.pool
        if pool not in self._tables:
            self._tables[pool] = _Tables(self._folder, pool)
        self._tables[pool].write(entry.item, self._plain.bytes_of(entry.item.images, images))

    def finish(self) -> None:
        """See the base class."""
        for tables in self._tables.values():
            tables.finish()

    def close(self) -> None:
        """See the base class."""
        for tables in self._tables.values():
            tables.close()


class _Tables:
    """The files of one split; a new one begins where the last one is full.

    Their names end in digits of their digests: VLMEvalKit keeps images and predictions by the name of a file, so that
    another dataset under an old name would be asked about the old images.
    """

    def __init__(self, folder: Path, pool: Pool) -> None:
        self._folder = folder
        self._name = f"MIFG-QA_{pool.upper()}"
        self._parts: list[_Part] = []
        self._rows = 0

    def write(self, item: Item, images: Sequence[bytes]) -> None:
        line = _line(_row(item, self._rows, images))
        if not self._parts or self._parts[-1].size + len(line) > PART_BYTES:
            self.close()
            self._parts.append(_Part(self._folder / f"{self._name}-{len(self._parts)}.unfinished"))
        self._parts[-1].write(line)
        self._rows += 1

    def finish(self) -> None:
        self.close()
        for number, part in enumerate(self._parts, start=1):
            which = f"-{number}-OF-{len(self._parts)}" if len(self._parts) > 1 else ""
            part.path.rename(self._folder / f"{self._name}{which}_{part.digest.hexdigest()[:8]}.tsv")

    def close(self) -> None:
        for part in self._parts:
            part.file.close()


class _Part:
    """A file that is being written, with its heading."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: BinaryIO = path.open("wb")
        self.digest = hashlib.sha256()
        self.size = 0
        self.write(_line(dict(zip(COLUMNS, COLUMNS, strict=True))))

    def write(self, line: bytes) -> None:
        self.file.write(line)
        self.digest.update(line)
        self.size += len(line)


def _line(row: dict[str, Any]) -> bytes:
    text = io.StringIO(newline="")
    csv.DictWriter(text, COLUMNS, delimiter="\t", lineterminator="\n").writerow(row)
    return text.getvalue().encode("utf-8")


def _row(item: Item, index: int, images: Sequence[bytes]) -> dict[str, Any]:
    options = item.options or ()
    return {
        "index": index,
        "id": item.id,
        # A Python list of texts is what VLMEvalKit evaluates for questions over several images.
        "image": str([base64.b64encode(content).decode("ascii") for content in images]),
        "question": item.question,
        **dict(zip(OPTION_LETTERS, options, strict=False)),
        "answer": item.answer.value,
        "category": item.provenance.family,
        "l2-category": item.difficulty,
        "split": item.pool,
    }
