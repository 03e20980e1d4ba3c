"""Verifies a finished dataset again, from its files alone."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from mifg_pipeline.corpus.index_file import IndexSettings
from mifg_pipeline.dataset.files import file_problems
from mifg_pipeline.dataset.images import SeenImages
from mifg_pipeline.dataset.problems import Problem
from mifg_pipeline.dataset.rows import Row, UnreadableRowError, read_rows, shards_of
from mifg_pipeline.errors import MifgError
from mifg_pipeline.export.reward_check import check_reward
from mifg_pipeline.items import Item, Pool


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
    check.report.problems.extend(file_problems(root, shards))
    for shard in shards:
        try:
            for row in read_rows(shard):
                check.take(row)
                on_row(check.report.rows)
        except MifgError as error:
            check.report.problems.append(Problem("file", shard.path.name, error.problem))
    return check.finish()


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
            entry = row.entry()
            differing = row.differences(entry)
        except UnreadableRowError as error:
            report.problems.append(Problem("row", row.place, str(error)))
            return
        item = entry.item
        report.verified += entry.status == "verified"
        report.unlicensed += not all(image.is_licensed for image in item.images)
        for name in differing:
            report.problems.append(Problem("row", row.place, f"the column {name} does not go with the others"))
        report.problems.extend(chain(self._row_problems(row, item), self._image_problems(row, item)))

    def finish(self) -> DatasetReport:
        """Checks all rows together."""
        self.report.images = len(self._images)
        self.report.problems.extend(self._images.problems())
        return self.report

    def _row_problems(self, row: Row, item: Item) -> Iterator[Problem]:
        if item.id in self._ids:
            yield Problem("row", row.place, f"item {item.id} stands in the dataset twice")
        self._ids.add(item.id)
        if item.pool != row.shard.pool:
            yield Problem("pool", row.place, f"the row says {item.pool}")
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
        unknown = [str(number) for number, image in enumerate(item.images, 1) if not image.is_licensed]
        if unknown and self._require_license:
            yield Problem("licence", row.place, f"of Image {', '.join(unknown)} it is unknown")
