"""The files of a dataset, and what they say of each other."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from mifg_pipeline.dataset.problems import Problem
from mifg_pipeline.dataset.rows import Shard
from mifg_pipeline.export import checksums, croissant
from mifg_pipeline.items import Pool

_TO_BE_COMPLETED: Final = ("README.md", "CITATION.cff")
"""Files that whoever publishes a dataset writes more into: they need not be as the export wrote them."""


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
    except FileNotFoundError:
        yield from _differing_from_croissant(root)
        return
    except (OSError, UnicodeDecodeError) as error:
        yield Problem("file", checksums.FILE_NAME, f"it cannot be read: {error}")
        return
    found = checksums.sums_of(root)
    for name in sorted(said.keys() | found.keys() - {checksums.FILE_NAME}):
        if name not in found:
            yield Problem("file", name, "it is missing")
        elif name not in said:
            yield Problem("file", name, "it is foreign")
        elif said[name] != found[name] and name not in _TO_BE_COMPLETED:
            yield Problem("file", name, "it is not as it was written")


def _differing_from_croissant(root: Path) -> Iterator[Problem]:
    """What the digests of the shards in Croissant's description tell where the list of all digests is lost."""
    if not (root / croissant.FILE_NAME).exists():
        return
    yield Problem("file", checksums.FILE_NAME, f"it is missing; {croissant.FILE_NAME} lies beside where it should be")
    try:
        said = croissant.digests((root / croissant.FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        yield Problem("file", croissant.FILE_NAME, f"it cannot be read: {type(error).__name__} {error}")
        return
    for name, digest in said.items():
        path = root / name
        if not path.is_file():
            yield Problem("file", name, "it is missing")
        elif checksums.digest(path) != digest:
            yield Problem("file", name, "it is not as it was written")


def _card_problems(root: Path, shards: Sequence[Shard]) -> Iterator[Problem]:
    """How the front matter of the card differs from the files."""
    try:
        said = _rows_on_card(root / "README.md")
    except (OSError, UnicodeDecodeError, yaml.YAMLError, LookupError, TypeError, StopIteration) as error:
        yield Problem("card", "README.md", f"its front matter cannot be read: {type(error).__name__} {error}")
        return
    found: Counter[str] = Counter()
    unknown = set()
    for shard in shards:
        try:
            found[shard.pool] += pq.read_metadata(shard.path).num_rows
        except (OSError, pa.ArrowException):  # whoever reads the rows will say so
            unknown.add(shard.pool)
    for pool in sorted((said.keys() | found.keys()) - unknown):
        if said.get(pool, 0) != found[pool]:
            yield Problem("card", "README.md", f"it says {said.get(pool, 0)} rows of {pool}; there are {found[pool]}")


def _rows_on_card(path: Path) -> dict[str, Any]:
    matter = next(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    return {str(split["name"]): split["num_examples"] for split in matter["dataset_info"]["splits"]}
