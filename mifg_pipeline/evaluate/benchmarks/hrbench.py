"""HR-Bench: images of 4K and 8K, every question with its options in four orders (arXiv 2408.15556)."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mifg_pipeline.errors import MifgError
from mifg_pipeline.evaluate.benchmarks.benchmark import Judged, accuracy, groups_right, mean_of
from mifg_pipeline.evaluate.benchmarks.files import find_files
from mifg_pipeline.evaluate.benchmarks.layout import Kind, Layout
from mifg_pipeline.evaluate.benchmarks.options import choice
from mifg_pipeline.evaluate.benchmarks.tables import Row, decode_base64, read_rows
from mifg_pipeline.evaluate.items import BenchmarkItem, PublishedFigure, Verdict

_COLUMNS: Final[Layout] = {
    "index": Kind.ANY,
    "question": Kind.TEXT,
    "answer": Kind.TEXT,
    "category": Kind.TEXT,
    "A": Kind.ANY,
    "B": Kind.ANY,
    "C": Kind.ANY,
    "D": Kind.ANY,
    "cycle_category": Kind.ANY,
}
_RESOLUTIONS: Final = ("4k", "8k")


def read_items(path: Path) -> list[BenchmarkItem]:
    """The items of ``hr_bench_4k`` and ``hr_bench_8k``, as TSV or Parquet, or of one of them.

    Raises:
        MifgError: If a file has another layout, or an image is missing.
    """
    items: list[BenchmarkItem] = []
    for file in find_files(path, ("hr_bench_*.tsv", "hr_bench_*.parquet", "**/hr_bench_*.parquet")):
        items.extend(_of_file(file))
    return items


def report(judged: Judged) -> tuple[PublishedFigure, ...]:
    """The mean over the four orders of the accuracy in each, of each category and of all questions.

    ``circular`` is the share of questions that were answered rightly in all orders.
    """
    figures: list[PublishedFigure] = []
    for resolution in _RESOLUTIONS:
        asked = [pair for pair in judged if pair[0].facets["resolution"] == resolution]
        for category in ("single", "cross"):
            figures += _mean_of_orders(
                f"{resolution}/{category}", [p for p in asked if p[0].facets["category"] == category]
            )
        figures += _mean_of_orders(f"{resolution}/all", asked)
        if asked:
            figures.append(groups_right(f"{resolution}/circular", asked))
    return tuple(figures)


def _mean_of_orders(name: str, asked: Judged) -> list[PublishedFigure]:
    """One figure, or none where nothing was asked."""
    orders: dict[str, list[tuple[BenchmarkItem, Verdict]]] = defaultdict(list)
    for item, verdict in asked:
        orders[item.facets["order"]].append((item, verdict))
    return [mean_of(name, [accuracy(order, pairs) for order, pairs in orders.items()])] if orders else []


def _of_file(file: Path) -> Iterator[BenchmarkItem]:
    resolution = next((name for name in _RESOLUTIONS if name in file.stem.lower()), None)
    if resolution is None:
        raise MifgError(f"{file} says neither 4k nor 8k in its name.", "Keep the names that the files came with.")
    seen: Counter[tuple[str, str]] = Counter()
    for row in read_rows([file], _COLUMNS, ("image",)):
        fields = row.fields
        if not row.images["image"]:
            raise MifgError(f"The image of {row.place} is missing.", "Download the file again.")
        # A question is told from another of the same words by being the second such one in its order.
        words = "\n".join((str(fields["question"]), *sorted(str(fields[letter]) for letter in "ABCD")))
        order = str(fields["cycle_category"])
        seen[order, words] += 1
        yield _item(row, resolution, order, f"{resolution}/{seen[order, words]}/{words}")


def _item(row: Row, resolution: str, order: str, group: str) -> BenchmarkItem:
    fields = row.fields
    category = str(fields["category"])
    options, answer = choice([str(fields[letter]) for letter in "ABCD" if fields[letter]], fields["answer"], row.place)
    return BenchmarkItem(
        key=f"{resolution}/{fields['index']}",
        group=group,
        subset=f"{resolution}/{category}",
        text=str(fields["question"]).strip(),
        options=options,
        answer=answer,
        facets={"images": "1", "resolution": resolution, "category": category, "order": order},
        read_images=lambda: (decode_base64(row.read("image"), row.place),),
    )
