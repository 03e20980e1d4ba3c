"""MuirBench: twelve tasks over two to nine images, each question with an unanswerable twin (arXiv 2406.09411)."""

from pathlib import Path
from typing import Final

from mifg_pipeline.errors import MifgError
from mifg_pipeline.evaluate.benchmarks.benchmark import Judged, accuracy, accuracy_by_subset, groups_right
from mifg_pipeline.evaluate.benchmarks.files import find_files
from mifg_pipeline.evaluate.benchmarks.layout import Kind, Layout
from mifg_pipeline.evaluate.benchmarks.options import choice, number_marks
from mifg_pipeline.evaluate.benchmarks.tables import Row, embedded_image, read_rows
from mifg_pipeline.evaluate.items import BenchmarkItem, PublishedFigure
from mifg_pipeline.imagent.question import QuestionImage
from mifg_pipeline.items import OPTION_LETTERS

_COLUMNS: Final[Layout] = {
    "idx": Kind.ANY,
    "task": Kind.TEXT,
    "image_relation": Kind.ANY,
    "image_type": Kind.ANY,
    "question": Kind.TEXT,
    "options": Kind.TEXTS,
    "answer": Kind.TEXT,
    "counterpart_idx": Kind.ANY,
}
_NONE_OF_THEM: Final = "None of the choices provided"


def read_items(path: Path) -> list[BenchmarkItem]:
    """The items of the Parquet files of a folder, or of its ``data``.

    Raises:
        MifgError: If a file has another layout, or an image is missing.
    """
    files = find_files(path, ("data/test-*.parquet", "test-*.parquet", "*.parquet"))
    return [_item(row) for row in read_rows(files, _COLUMNS, ("image_list",))]


def report(judged: Judged) -> tuple[PublishedFigure, ...]:
    """Accuracy of each task, of answerable and unanswerable questions, and over all.

    ``pairs`` is the share of twins of which both were answered rightly.
    """
    answerable = [pair for pair in judged if pair[0].facets["answerable"] == "yes"]
    unanswerable = [pair for pair in judged if pair[0].facets["answerable"] == "no"]
    return (
        *accuracy_by_subset(judged),
        accuracy("answerable", answerable),
        accuracy("unanswerable", unanswerable),
        groups_right("pairs", judged),
        accuracy("overall", judged),
    )


def _item(row: Row) -> BenchmarkItem:
    fields = row.fields
    texts, answer = choice(fields["options"], fields["answer"], row.place)
    text, options = number_marks(fields["question"], texts)
    if not row.images["image_list"]:
        raise MifgError(f"The images of {row.place} are missing.", "Download the file again.")
    answerable = options[OPTION_LETTERS.index(str(answer.value))].strip() != _NONE_OF_THEM
    return BenchmarkItem(
        key=str(fields["idx"]),
        group=" & ".join(sorted({str(fields["idx"]), str(fields["counterpart_idx"])})),
        subset=fields["task"],
        text=text,
        options=options,
        answer=answer,
        facets={
            "images": str(row.images["image_list"]),
            "answerable": "yes" if answerable else "no",
            "image_relation": str(fields["image_relation"]),
            "image_type": str(fields["image_type"]),
        },
        read_images=lambda: _images(row),
    )


def _images(row: Row) -> tuple[QuestionImage, ...]:
    return tuple(embedded_image(cell, row.place) for cell in row.read("image_list"))
