"""V*: one high-resolution image, four options on an attribute or two on a position (arXiv 2312.14135)."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from mifg_pipeline.errors import MifgError
from mifg_pipeline.evaluate.benchmarks.benchmark import Judged, accuracy, accuracy_by_subset
from mifg_pipeline.evaluate.benchmarks.files import images_of, load_json, require_files
from mifg_pipeline.evaluate.benchmarks.layout import Kind, Layout, check_row
from mifg_pipeline.evaluate.benchmarks.options import choice, split_labelled
from mifg_pipeline.evaluate.items import BenchmarkItem, PublishedFigure
from mifg_pipeline.items import OPTION_LETTERS

TASKS: Final = ("direct_attributes", "relative_position")

_LINE: Final[Layout] = {
    "image": Kind.TEXT,
    "text": Kind.TEXT,
    "label": Kind.TEXT,
    "category": Kind.TEXT,
}
_ANNOTATION: Final[Layout] = {
    "question": Kind.TEXT,
    "options": Kind.TEXTS,
}

_INSTRUCTION = "Answer with the option's letter from the given choices directly."


def read_items(path: Path) -> list[BenchmarkItem]:
    """The items of a folder with ``test_questions.jsonl``, or with annotations beside the images.

    Raises:
        MifgError: If the folder has another layout, or images are missing.
    """
    questions = path / "test_questions.jsonl"
    if questions.is_file():
        return list(_of_lines(questions))
    items = list(_of_annotations(path))
    if not items:
        raise MifgError(
            f"{path} has neither test_questions.jsonl nor annotations in {' and '.join(TASKS)}.",
            "Give the folder that the benchmark was downloaded to.",
        )
    return items


def report(judged: Judged) -> tuple[PublishedFigure, ...]:
    """Accuracy of each task, and over all questions."""
    return (*accuracy_by_subset(judged), accuracy("overall", judged))


def _of_lines(file: Path) -> Iterator[BenchmarkItem]:
    rows = [
        _parse(line, f"{file}, line {number}")
        for number, line in enumerate(file.read_bytes().splitlines(), 1)
        if line.strip()
    ]
    require_files(file.parent / row["image"] for row in rows)
    for number, row in enumerate(rows, start=1):
        text, options = split_labelled(row["text"].replace(_INSTRUCTION, ""))
        yield _item(row["category"], file.parent / row["image"], text, options, row["label"], f"{file}, line {number}")


def _parse(line: bytes, place: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise MifgError(f"{place} is no JSON: {error}.", "Download it again.") from error
    check_row(place, _LINE, row)
    return dict(row)


def _of_annotations(path: Path) -> Iterator[BenchmarkItem]:
    """Annotations name the right option first: shown like that, a model that always says A would know everything."""
    for task in TASKS:
        for position, file in enumerate(sorted((path / task).glob("*.json"))):
            row = load_json(file)
            check_row(str(file), _ANNOTATION, row)
            images = [image for image in sorted(file.parent.glob(f"{file.stem}.*")) if image.suffix != ".json"]
            require_files(images or [file.with_suffix(".jpg")])
            turn = position % max(1, len(row["options"]))
            options = row["options"][-turn:] + row["options"][:-turn] if turn else row["options"]
            yield _item(task, images[0], row["question"], options, OPTION_LETTERS[turn], str(file))


def _item(task: str, image: Path, text: str, options: Sequence[str], key: str, place: str) -> BenchmarkItem:
    name = f"{task}/{image.stem}"
    texts, answer = choice(options, key, place)
    return BenchmarkItem(name, name, task, text, texts, answer, {"images": "1"}, images_of([image]))
