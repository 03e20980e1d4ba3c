"""MME-RealWorld: large photographs of five domains, five options of which the last is a refusal (arXiv 2408.13257)."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from mifg_pipeline.errors import MifgError
from mifg_pipeline.evaluate.benchmarks.benchmark import Judged, accuracy, accuracy_by_subset, share
from mifg_pipeline.evaluate.benchmarks.files import find_files, images_of, load_questions, require_files
from mifg_pipeline.evaluate.benchmarks.layout import Kind, Layout, check_row
from mifg_pipeline.evaluate.benchmarks.options import choice, without_label
from mifg_pipeline.evaluate.benchmarks.tables import Row, decode_base64, read_rows
from mifg_pipeline.evaluate.items import BenchmarkItem, PublishedFigure
from mifg_pipeline.scoring import read_choice

_JSON_FIELDS: Final[Layout] = {
    "Question_id": Kind.ANY,
    "Image": Kind.TEXT,
    "Text": Kind.TEXT,
    "Answer choices": Kind.TEXTS,
    "Ground truth": Kind.TEXT,
    "Task": Kind.TEXT,
    "Subtask": Kind.TEXT,
    "Category": Kind.TEXT,
}
_COLUMNS: Final[Layout] = {
    "index": Kind.ANY,
    "question": Kind.TEXT,
    "multi-choice options": Kind.ANY,
    "answer": Kind.TEXT,
    "category": Kind.TEXT,
    "l2-category": Kind.TEXT,
}
_TASKS: Final = ("Perception", "Reasoning")
_IMAGE_COLUMNS: Final = ("bytes", "image")


def read_items(path: Path) -> list[BenchmarkItem]:
    """The items of the JSON file with images beside it, or of Parquet or TSV files with images in base64.

    Raises:
        MifgError: If a file has another layout, or images are missing.
    """
    files = find_files(path, ("MME_RealWorld*.json", "data/*.parquet", "*.parquet", "*.tsv", "*.json"))
    if files[0].suffix == ".json":
        return [item for file in files for item in _of_json(file)]
    return [item for file in files for item in _of_table(file)]


def report(judged: Judged) -> tuple[PublishedFigure, ...]:
    """Accuracy of each domain of a task, of each task, and over all; and how many chose the refusal, E."""
    domains = accuracy_by_subset(judged)
    asked = ((task, [pair for pair in judged if pair[0].subset.startswith(f"{task}/")]) for task in _TASKS)
    tasks = [accuracy(task, pairs) for task, pairs in asked if pairs]
    refused = share("chose E", (_is_refusal(item, verdict.text) for item, verdict in judged))
    return (*domains, *tasks, refused, accuracy("overall", judged))


def _is_refusal(item: BenchmarkItem, text: str | None) -> bool:
    return item.options is not None and text is not None and read_choice(item.options, text) == "E"


def _of_json(file: Path) -> Iterator[BenchmarkItem]:
    rows = load_questions(file)
    for number, row in enumerate(rows, start=1):
        check_row(f"{file}, question {number}", _JSON_FIELDS, row)
    require_files(file.parent / row["Image"] for row in rows)
    for row in rows:
        key = str(row["Question_id"])
        texts, answer = choice([without_label(option) for option in row["Answer choices"]], row["Ground truth"], key)
        yield BenchmarkItem(
            key=key,
            group=key,
            subset=f"{row['Task'].capitalize()}/{row['Subtask']}",
            text=row["Text"].strip(),
            options=texts,
            answer=answer,
            facets=_facets(row["Category"]),
            read_images=images_of([file.parent / row["Image"]]),
        )


def _of_table(file: Path) -> Iterator[BenchmarkItem]:
    for column in _IMAGE_COLUMNS:
        try:
            rows = read_rows([file], _COLUMNS, (column,))
        except MifgError:
            if column == _IMAGE_COLUMNS[-1]:
                raise
            continue
        yield from (_of_row(row, column) for row in rows)
        return


def _of_row(row: Row, column: str) -> BenchmarkItem:
    fields = row.fields
    texts, answer = choice(
        [without_label(option) for option in _listed(fields, row.place)], fields["answer"], row.place
    )
    task = "Perception" if "perception" in fields["category"].lower() else "Reasoning"
    key = str(fields["index"])
    return BenchmarkItem(
        key=key,
        group=key,
        subset=f"{task}/{fields['category'].split('/')[-1]}",
        text=fields["question"].strip(),
        options=texts,
        answer=answer,
        facets=_facets(fields["l2-category"]),
        read_images=lambda: (decode_base64(row.read(column), row.place),),
    )


def _listed(fields: Mapping[str, Any], place: str) -> Sequence[str]:
    """The options; a TSV file holds them as a Python list is written."""
    options = fields["multi-choice options"]
    if isinstance(options, str):
        try:
            options = ast.literal_eval(options)
        except (ValueError, SyntaxError) as error:
            raise MifgError(f"{place}: the options are no list ({error}).", "Download the file again.") from error
    if not isinstance(options, list):
        raise MifgError(f"{place}: the options are no list, but {options!r}.", "Download the file again.")
    return [str(option) for option in options]


def _facets(category: str) -> dict[str, str]:
    """The category in the form in which it is reported: all kinds of attributes of a thing are one."""
    lowered = category.lower()
    return {"images": "1", "category": f"{lowered.split('/')[0]}/attribute" if "attribute" in lowered else lowered}
