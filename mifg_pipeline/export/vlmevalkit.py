"""Multiple-choice questions as the tab-separated files that VLMEvalKit reads."""

import base64
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from mifg_pipeline.export.selection import Entry
from mifg_pipeline.export.upright import upright_file
from mifg_pipeline.export.writer import FormatWriter
from mifg_pipeline.items import OPTION_LETTERS, Item, Pool

COLUMNS: Final = ("index", "id", "image", "question", *OPTION_LETTERS, "answer", "category", "l2-category", "split")

READ_AS_MISSING: Final = frozenset(
    {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"}
    | {"NULL", "NaN", "None", "n/a", "nan", "null"}
)
"""Texts that pandas, by which VLMEvalKit reads its tables, takes for a missing value."""


class VLMEvalKitWriter(FormatWriter):
    """Writes ``MIFG-QA_TEST.tsv`` and so on, the images inside, by rows that are written at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[Pool, TextIO] = {}
        self._rows: dict[Pool, int] = {}
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
        item = entry.item
        if item.pool not in self._files:
            path = self._folder / f"MIFG-QA_{item.pool.upper()}.tsv"
            self._files[item.pool] = path.open("w", encoding="utf-8", newline="")
            self._table(item.pool).writeheader()
        index = self._rows.get(item.pool, 0)
        self._table(item.pool).writerow(_row(item, index, images))
        self._rows[item.pool] = index + 1

    def finish(self) -> None:
        """See the base class."""
        self.close()

    def close(self) -> None:
        """See the base class."""
        for file in self._files.values():
            file.close()

    def _table(self, pool: Pool) -> "csv.DictWriter[str]":
        return csv.DictWriter(self._files[pool], COLUMNS, delimiter="\t", lineterminator="\n")


def _row(item: Item, index: int, images: Sequence[bytes]) -> dict[str, Any]:
    options = item.options or ()
    return {
        "index": index,
        "id": item.id,
        # A Python list of texts is what VLMEvalKit evaluates for questions over several images.
        "image": str([base64.b64encode(upright_file(content)).decode("ascii") for content in images]),
        "question": item.question,
        **dict(zip(OPTION_LETTERS, options, strict=False)),
        "answer": item.answer.value,
        "category": item.provenance.writer.partition("/")[0],
        "l2-category": item.difficulty,
        "split": item.pool,
    }
