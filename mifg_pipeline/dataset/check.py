"""Verifies a finished dataset again, from its files alone."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import yaml

from mifg_pipeline.corpus.index_file import IndexSettings
from mifg_pipeline.dataset.images import SeenImages
from mifg_pipeline.dataset.problems import Problem
from mifg_pipeline.dataset.rows import Row, Shard, UnreadableRowError, read_rows, shards_of
from mifg_pipeline.errors import MifgError
from mifg_pipeline.export import checksums
from mifg_pipeline.export.columns import answer_column
from mifg_pipeline.export.reward_check import check_reward
from mifg_pipeline.items import UNKNOWN_LICENSE, Item, Pool


@dataclass
class DatasetReport:
    """What a check found.

    Attributes:
        splits: Rows by split.
        images: Different images shown.
        verified: Rows that people verified.
        unlicensed: Rows with an image of unknown licence.
        problems: Every broken promise.
    """

    splits: Counter[Pool] = field(default_factory=Counter)
    images: int = 0
    verified: int = 0
    unlicensed: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rows in all splits."""
        return self.splits.total()


def check_dataset(
    root: Path, *, require_license: bool = False, on_row: Callable[[int], None] = lambda _: None
) -> DatasetReport:
    """Reads every row of an exported dataset and checks what an export promises.

    Memory holds one row group, and a few hundred bytes for each image.

    Args:
        root: The folder with ``README.md`` and ``data``.
        require_license: Count an image of unknown licence as a problem.
        on_row: Called with the number of rows read so far.

    Raises:
        MifgError: If the folder holds no exported dataset.
    """
    check = _Check(require_license)
    shards = shards_of(root)
    check.report.problems.extend(chain(_missing_shards(shards), _changed_files(root)))
    for shard in shards:
        try:
            for row in read_rows(shard):
                check.take(row)
                on_row(check.report.rows)
        except MifgError as error:
            check.report.problems.append(Problem("file", shard.path.name, error.problem))
    return check.finish(root)


class _Check:
    """Takes the rows one by one and gathers what is wrong with them."""

    def __init__(self, require_license: bool) -> None:
        self.report = DatasetReport()
        self._require_license = require_license
        self._images = SeenImages(IndexSettings().near_duplicate_distance)
        self._ids: set[str] = set()

    def take(self, row: Row) -> None:
        """Checks one row by itself."""
        report = self.report
        report.splits[row.shard.pool] += 1
        try:
            item = row.item()
        except UnreadableRowError as error:
            report.problems.append(Problem("row", row.place, str(error)))
            return
        report.verified += row.columns["review"]["status"] == "verified"
        report.unlicensed += any(image.license == UNKNOWN_LICENSE for image in item.images)
        report.problems.extend(chain(self._row_problems(row, item), self._image_problems(row, item)))

    def finish(self, root: Path) -> DatasetReport:
        """Checks all rows together, and the card."""
        self.report.images = len(self._images)
        self.report.problems.extend(chain(self._images.problems(), _card_problems(root, self.report.splits)))
        return self.report

    def _row_problems(self, row: Row, item: Item) -> Iterator[Problem]:
        if item.id in self._ids:
            yield Problem("row", row.place, f"item {item.id} stands in the dataset twice")
        self._ids.add(item.id)
        if item.pool != row.shard.pool:
            yield Problem("pool", row.place, f"the row says {item.pool}")
        if row.columns["answer"] != answer_column(item):
            yield Problem("row", row.place, f"the column answer says {row.columns['answer']!r}, the item another key")
        try:
            check_reward(item)
        except MifgError as error:
            yield Problem("reward", row.place, error.problem)

    def _image_problems(self, row: Row, item: Item) -> Iterator[Problem]:
        yield from (Problem("image", row.place, reason) for reason in self._images.take(item, row.contents))
        for region in item.evidence:
            image = item.images[region.image]
            if region.bbox[2] > image.width or region.bbox[3] > image.height:
                reason = f"evidence {list(region.bbox)} reaches beyond the {image.width}×{image.height} of its image"
                yield Problem("image", row.place, reason)
        unknown = [str(number) for number, image in enumerate(item.images, 1) if image.license == UNKNOWN_LICENSE]
        if unknown and self._require_license:
            yield Problem("licence", row.place, f"of Image {', '.join(unknown)} it is unknown")


def _missing_shards(shards: list[Shard]) -> Iterator[Problem]:
    by_split: defaultdict[tuple[Pool, int], set[int]] = defaultdict(set)
    for shard in shards:
        by_split[shard.pool, shard.count].add(shard.index)
    for (pool, count), indices in by_split.items():
        for index in sorted(set(range(count)) - indices):
            yield Problem("file", f"{pool}-{index:05d}-of-{count:05d}.parquet", "it is missing")


def _changed_files(root: Path) -> Iterator[Problem]:
    """Files that are not those of the list of digests; a download from the hub has no such list."""
    if not (root / checksums.FILE_NAME).is_file():
        return
    try:
        said = checksums.read_sums(root)
    except UnicodeDecodeError:
        yield Problem("file", checksums.FILE_NAME, "it is no text")
        return
    found = checksums.sums_of(root)
    for name in sorted(said.keys() | found.keys() - {checksums.FILE_NAME}):
        if said.get(name) != found.get(name):
            reason = (
                "it is missing"
                if name not in found
                else "it is not as it was written"
                if name in said
                else "it is foreign"
            )
            yield Problem("file", name, reason)


def _card_problems(root: Path, splits: Counter[Pool]) -> Iterator[Problem]:
    """How the front matter of the card differs from the files."""
    try:
        said = _rows_on_card(root / "README.md")
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, StopIteration) as error:
        yield Problem("card", "README.md", f"its front matter cannot be read: {type(error).__name__} {error}")
        return
    for pool in sorted(said.keys() | splits.keys()):
        if said.get(pool, 0) != splits.get(pool, 0):
            yield Problem("card", "README.md", f"it says {said.get(pool, 0)} rows of {pool}; there are {splits[pool]}")


def _rows_on_card(path: Path) -> dict[Any, int]:
    matter = next(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    return {split["name"]: split["num_examples"] for split in matter["dataset_info"]["splits"]}
