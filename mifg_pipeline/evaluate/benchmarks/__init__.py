"""Benchmarks, read from local files in the layout in which they are published."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from mifg_pipeline.errors import MifgError
from mifg_pipeline.evaluate.benchmarks import blink, exported, hrbench, mme_realworld, mmiu, muirbench, vstar
from mifg_pipeline.evaluate.benchmarks.benchmark import Benchmark, Report
from mifg_pipeline.evaluate.benchmarks.exported import SPLIT
from mifg_pipeline.evaluate.items import BenchmarkItem

__all__ = ["BENCHMARKS", "OWN", "SPLIT", "Benchmark", "open_benchmark"]

_READERS: Final[dict[str, tuple[Callable[[Path], list[BenchmarkItem]], Report]]] = {
    "vstar": (vstar.read_items, vstar.report),
    "hrbench": (hrbench.read_items, hrbench.report),
    "muirbench": (muirbench.read_items, muirbench.report),
    "blink": (blink.read_items, blink.report),
    "mmiu": (mmiu.read_items, mmiu.report),
    "mme-realworld": (mme_realworld.read_items, mme_realworld.report),
}

OWN: Final = "mifg"
"""The name of our own set."""

BENCHMARKS: Final = (OWN, *_READERS)
"""The names that ``open_benchmark`` takes."""

_NAMED = 5


def open_benchmark(
    name: str, path: Path, *, limit: int | None = None, subset: str | None = None, split: str = SPLIT
) -> Benchmark:
    """Reads a benchmark's questions; their images stay in the files until they are asked for.

    Args:
        name: One of ``BENCHMARKS``.
        path: The folder that it was downloaded to, or its file.
        limit: Takes whole groups from the first on until there are so many items.
        subset: Takes only the items of this subset.
        split: The split of our own set; the others come in one piece.

    Raises:
        MifgError: If there is no such benchmark or subset, a file is missing or has another layout, images are
            missing, or two items have the same key.
    """
    if name not in BENCHMARKS:
        raise MifgError(f"There is no benchmark {name!r}.", f"Use one of {', '.join(BENCHMARKS)}.")
    if not path.exists():
        raise MifgError(f"There is nothing at {path}.", "Give the folder that the benchmark was downloaded to.")
    read, report = _READERS.get(name, (partial(exported.read_items, split=split), exported.report))
    items = read(path)
    if not items:
        raise MifgError(f"{path} has no questions.", "Download it again.")
    _check_keys(items, path)
    parts = (
        f"split {split}" if name == OWN else "",
        f"subset {subset}" if subset is not None else "",
        f"the first {limit:,}" if limit is not None else "",
    )
    return Benchmark(
        name, _first_groups(_of_subset(items, subset), limit), report, ", ".join(part for part in parts if part)
    )


def _check_keys(items: Sequence[BenchmarkItem], path: Path) -> None:
    repeated = [key for key, count in Counter(item.key for item in items).items() if count > 1]
    if repeated:
        named = ", ".join(repeated[:_NAMED]) + (" …" if len(repeated) > _NAMED else "")
        raise MifgError(
            f"{len(repeated)} keys in {path} belong to several items: {named}.",
            "Take the files that are there twice away.",
        )


def _of_subset(items: Sequence[BenchmarkItem], subset: str | None) -> Sequence[BenchmarkItem]:
    if subset is None:
        return items
    chosen = [item for item in items if item.subset == subset]
    if not chosen:
        there = ", ".join(sorted({item.subset for item in items}))
        raise MifgError(f"There is no subset {subset!r}.", f"Use one of {there}.")
    return chosen


def _first_groups(items: Sequence[BenchmarkItem], limit: int | None) -> Sequence[BenchmarkItem]:
    """Whole groups: half of one could not be right together."""
    if limit is None:
        return items
    sizes = Counter(item.group for item in items)
    taken: set[str] = set()
    room = limit
    for group, size in sizes.items():
        if room <= 0:
            break
        taken.add(group)
        room -= size
    return [item for item in items if item.group in taken]
