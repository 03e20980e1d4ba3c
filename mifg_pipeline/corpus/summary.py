"""The figures of one indexing."""

from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from mifg_pipeline.items import POOLS, Pool, Record


class IndexSummary(Record):
    """What one indexing did and what the index holds now.

    Attributes:
        images: Usable images.
        new: Files read this time: new or changed ones.
        unchanged: Files that were not read again.
        removed: Files of the earlier index that are gone.
        rejected: Files that give no usable image, by reason.
        duplicates: Files that repeat another byte for byte.
        withheld: Images that are near-duplicates of images of different pools.
        clusters: Clusters of near-duplicates, images on their own included.
        pools: Usable images in each pool.
        annotated: Usable images with annotated objects.
        problems: What is said of images but cannot be used, by reason.
        notes: What the user should know besides.
    """

    images: int
    new: int
    unchanged: int
    removed: int
    rejected: dict[str, int]
    duplicates: int
    withheld: int
    clusters: int
    pools: dict[Pool, int]
    annotated: int
    problems: dict[str, int]
    notes: tuple[str, ...] = Field(default=())


def summarise(table: pa.Table, *, new: int, removed: int, notes: tuple[str, ...]) -> IndexSummary:
    """Counts the rows of an index.

    Args:
        table: The index.
        new: Files read this time.
        removed: Files of the earlier index that are gone.
        notes: Passed on.
    """
    statuses = Counter(table["status"].to_pylist())
    images = table.filter(pc.equal(table["status"], "image"))
    pools = Counter(images["pool"].to_pylist())
    return IndexSummary(
        images=statuses["image"],
        new=new,
        unchanged=statuses.total() - statuses["problem"] - new,
        removed=removed,
        rejected=_kinds(table, "rejected"),
        duplicates=statuses["duplicate"],
        withheld=statuses["withheld"],
        clusters=pc.count_distinct(images["cluster"]).as_py(),
        pools={pool: pools[pool] for pool in POOLS},
        annotated=pc.sum(pc.not_equal(images["objects"], "")).as_py() or 0,
        problems=_kinds(table, "problem"),
        notes=notes,
    )


def _kinds(table: pa.Table, status: str) -> dict[str, int]:
    reasons = table.filter(pc.equal(table["status"], status))["reason"].to_pylist()
    return dict(sorted(Counter(reason.partition(":")[0] for reason in reasons).items()))
