"""The files of a dataset, and what they say of each other."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from mifg_pipeline.dataset.problems import Problem
from mifg_pipeline.dataset.rows import Shard
from mifg_pipeline.export import checksums, croissant
from mifg_pipeline.export.folder import TO_BE_COMPLETED
from mifg_pipeline.export.front_matter import read_front_matter
from mifg_pipeline.items import Pool

_CHANGED: Final = "it is not as it was written"


def file_problems(root: Path, shards: Sequence[Shard]) -> Iterator[Problem]:
    """How the files of a dataset are not those that its card, its digests and their own names speak of.

    A download from the hub has no digests: what says them is not sent there.
    """
    yield from _missing_shards(shards)
    yield from _foreign_data(root, shards)
    yield from _changed_files(root)
    yield from _card_problems(root, shards)


def _missing_shards(shards: Sequence[Shard]) -> Iterator[Problem]:
    by_split: defaultdict[tuple[Pool, int], set[int]] = defaultdict(set)
    for shard in shards:
        by_split[shard.pool, shard.count].add(shard.index)
    for (pool, count), indices in by_split.items():
        for index in sorted(set(range(count)) - indices):
            yield Problem("file", f"{pool}-{index:05d}-of-{count:05d}.parquet", "it is missing")


def _foreign_data(root: Path, shards: Sequence[Shard]) -> Iterator[Problem]:
    ours = {shard.path for shard in shards}
    for path in sorted((root / "data").glob("*.parquet")):
        if path not in ours:
            yield Problem("file", f"data/{path.name}", "it is foreign, and readers would take it for a shard")


def _changed_files(root: Path) -> Iterator[Problem]:
    try:
        said = checksums.read_sums(root)
        found = set(checksums.files_of(root)) - {checksums.FILE_NAME}
    except FileNotFoundError:
        yield from _differing_from_croissant(root)
        return
    except (OSError, ValueError) as error:
        yield Problem("file", checksums.FILE_NAME, f"it cannot be read: {error}")
        return
    yield from (Problem("file", name, "it is foreign") for name in sorted(found - said.keys()))
    yield from _not_as_written(root, said, completed=TO_BE_COMPLETED)


def _differing_from_croissant(root: Path) -> Iterator[Problem]:
    """What the digests of the shards in Croissant's description tell where the list of all digests is lost."""
    if not (root / croissant.FILE_NAME).exists():
        return
    yield Problem("file", checksums.FILE_NAME, f"it is missing; {croissant.FILE_NAME} lies beside where it should be")
    try:
        said = croissant.digests((root / croissant.FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        yield Problem("file", croissant.FILE_NAME, f"it cannot be read: {type(error).__name__} {error}")
        return
    yield from _not_as_written(root, said)


def _not_as_written(root: Path, said: Mapping[str, str], completed: Sequence[str] = ()) -> Iterator[Problem]:
    """Files that have not the digest that is said of them; of those that may be completed, those that are missing."""
    with ThreadPoolExecutor() as threads:
        reasons = threads.map(_difference, (root / name for name in said), said.values())
        for name, reason in zip(said, reasons, strict=True):
            if reason is not None and not (name in completed and reason == _CHANGED):
                yield Problem("file", name, reason)


def _difference(path: Path, said: str) -> str | None:
    try:
        return None if checksums.digest(path) == said else _CHANGED
    except FileNotFoundError:
        return "it is missing"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"


def _card_problems(root: Path, shards: Sequence[Shard]) -> Iterator[Problem]:
    """How the front matter of the card differs from the files."""
    try:
        splits = read_front_matter(root / "README.md")["dataset_info"]["splits"]
        said = {str(split["name"]): split["num_examples"] for split in splits}
    except (OSError, ValueError, LookupError, TypeError) as error:
        yield Problem("card", "README.md", f"its front matter cannot be read: {type(error).__name__} {error}")
        return
    found: Counter[str] = Counter()
    unknown = set()
    for shard in shards:
        try:
            found[shard.pool] += pq.read_metadata(shard.path).num_rows
        except (OSError, ValueError, pa.ArrowException):  # whoever reads the rows will say so
            unknown.add(shard.pool)
    for pool in sorted((said.keys() | found.keys()) - unknown):
        if said.get(pool, 0) != found[pool]:
            yield Problem("card", "README.md", f"it says {said.get(pool, 0)} rows of {pool}; there are {found[pool]}")
