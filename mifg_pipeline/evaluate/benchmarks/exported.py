"""Our own items, as ``mifg export --format hf`` writes them."""

from pathlib import Path
from typing import Final

from mifg_pipeline.errors import MifgError
from mifg_pipeline.evaluate.benchmarks.benchmark import Judged, accuracy, accuracy_by_subset
from mifg_pipeline.evaluate.benchmarks.layout import Kind, Layout
from mifg_pipeline.evaluate.benchmarks.tables import Row, embedded_image, read_rows
from mifg_pipeline.evaluate.items import BenchmarkItem, PublishedFigure
from mifg_pipeline.items import Region
from mifg_pipeline.train.data import answer_of

SPLIT: Final = "test"

_COLUMNS: Final[Layout] = {
    "id": Kind.TEXT,
    "question": Kind.TEXT,
    "options": Kind.TEXTS_OR_NOTHING,
    "answer": Kind.TEXT,
    "answer_kind": Kind.TEXT,
}


def read_items(path: Path, split: str) -> list[BenchmarkItem]:
    """The items of one split of an exported dataset.

    Raises:
        MifgError: If there is no such split, a column is missing, or a key does not fit its kind.
    """
    files = sorted((path / "data").glob(f"{split}-*.parquet"))
    if not files:
        found = sorted({file.name.partition("-")[0] for file in (path / "data").glob("*.parquet")})
        if not found:
            raise MifgError(
                f"{path} is no exported dataset.",
                "Give the folder that `mifg export` wrote, or name the benchmark with --benchmark.",
            )
        raise MifgError(f"{path} has no split {split!r}; it has {', '.join(found)}.", "Give one of them with --split.")
    return [_item(row) for row in read_rows(files, _COLUMNS, ("images",))]


def report(judged: Judged) -> tuple[PublishedFigure, ...]:
    """Accuracy of each family of programs, and over all items."""
    return (*accuracy_by_subset(judged), accuracy("overall", judged))


def _item(row: Row) -> BenchmarkItem:
    fields = row.fields
    try:
        answer = answer_of(fields)
    except (KeyError, ValueError) as error:
        raise MifgError(f"{row.place}: the key cannot be read ({error}).", "Export the dataset again.") from error
    return BenchmarkItem(
        key=str(fields["id"]),
        group=str(fields["id"]),
        subset=str(fields.get("writer") or "unknown").partition("/")[0],
        text=fields["question"],
        options=tuple(fields["options"]) if fields["options"] else None,
        answer=answer,
        facets=_facets(row),
        read_images=lambda: tuple(embedded_image(cell, row.place) for cell in row.read("images") or ()),
        evidence=tuple(Region(**region) for region in fields.get("evidence") or ()),
    )


def _facets(row: Row) -> dict[str, str]:
    """How many images, and what the row says of skills (separated by commas), difficulty and pass rate."""
    facets = {"images": str(row.images["images"])}
    for name in ("difficulty", "pass_rate"):
        if row.fields.get(name) is not None:
            facets[name] = str(row.fields[name])
    if row.fields.get("skills"):
        facets["skills"] = ", ".join(row.fields["skills"])
    return facets
