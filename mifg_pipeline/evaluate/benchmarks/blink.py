"""BLINK: fourteen tasks of perception over one to four images (arXiv 2404.12390)."""

import re
from pathlib import Path
from typing import Final

from mifg_pipeline.errors import MifgError
from mifg_pipeline.evaluate.benchmarks.benchmark import Judged, accuracy_by_subset, mean_of
from mifg_pipeline.evaluate.benchmarks.files import find_files
from mifg_pipeline.evaluate.benchmarks.layout import Kind, Layout
from mifg_pipeline.evaluate.benchmarks.options import choice
from mifg_pipeline.evaluate.benchmarks.tables import Row, embedded_image, read_rows
from mifg_pipeline.evaluate.items import BenchmarkItem, PublishedFigure
from mifg_pipeline.imagent.question import QuestionImage

_COLUMNS: Final[Layout] = {
    "idx": Kind.TEXT,
    "question": Kind.TEXT,
    "sub_task": Kind.TEXT,
    "choices": Kind.TEXTS,
    "answer": Kind.TEXT,
    "prompt": Kind.TEXT_OR_NOTHING,
}
_IMAGES: Final = ("image_1", "image_2", "image_3", "image_4")
# What the prompt repeats after this are the choices, which the question shows in its own form.
_CHOICES = re.compile(r"\s*Select from the following (?:choices|options)\b.*", re.DOTALL)


def read_items(path: Path) -> list[BenchmarkItem]:
    """The items of the validation files, one folder a task; the keys of the test files are not published.

    Raises:
        MifgError: If a file has another layout, or hides its keys.
    """
    files = find_files(path, ("*/val-*.parquet", "val-*.parquet"))
    return [_item(row) for row in read_rows(files, _COLUMNS, _IMAGES)]


def report(judged: Judged) -> tuple[PublishedFigure, ...]:
    """Accuracy of each task, and the mean of the tasks' accuracies."""
    tasks = accuracy_by_subset(judged)
    return (*tasks, mean_of("average of tasks", tasks))


def _item(row: Row) -> BenchmarkItem:
    fields = row.fields
    options, answer = choice(fields["choices"], fields["answer"], row.place)
    count = sum(row.images.values())
    if not count:
        raise MifgError(f"The images of {row.place} are missing.", "Download the file again.")
    return BenchmarkItem(
        key=fields["idx"],
        group=fields["idx"],
        subset=fields["sub_task"],
        text=_CHOICES.sub("", fields["prompt"] or fields["question"]).strip(),
        options=options,
        answer=answer,
        facets={"images": str(count)},
        read_images=lambda: _images(row),
    )


def _images(row: Row) -> tuple[QuestionImage, ...]:
    return tuple(embedded_image(row.read(name), row.place) for name in _IMAGES if row.images[name])
