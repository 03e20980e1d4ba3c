"""The figures of one indexing."""

from collections import Counter
from typing import Self

from pydantic import Field

from mifg_pipeline.corpus.index_file import StoredIndex
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

    def after(self, *, new: int = 0, removed: int = 0, notes: tuple[str, ...] = ()) -> Self:
        """The summary of an indexing that has left such an index.

        Args:
            new: Files read this time.
            removed: Files of the earlier index that are gone.
            notes: What the user should know besides.
        """
        changes = {"new": new, "unchanged": self.unchanged - new, "removed": removed, "notes": notes}
        return self.model_copy(update=changes)


def summarise(index: StoredIndex) -> IndexSummary:
    """Counts the rows of an index, as if nothing had changed."""
    statuses, pools = Counter[str](), Counter[str]()
    kinds = {"rejected": Counter[str](), "problem": Counter[str]()}
    clusters: set[str] = set()
    annotated = 0
    for row in index.rows("status", "reason", "pool", "cluster", "objects"):
        status = row["status"]
        statuses[status] += 1
        if status == "image":
            pools[row["pool"]] += 1
            clusters.add(row["cluster"])
            annotated += bool(row["objects"])
        elif status in kinds:
            kinds[status][row["reason"].partition(":")[0]] += 1
    return IndexSummary(
        images=statuses["image"],
        new=0,
        unchanged=statuses.total() - statuses["problem"],
        removed=0,
        rejected=dict(sorted(kinds["rejected"].items())),
        duplicates=statuses["duplicate"],
        withheld=statuses["withheld"],
        clusters=len(clusters),
        pools={pool: pools[pool] for pool in POOLS},
        annotated=annotated,
        problems=dict(sorted(kinds["problem"].items())),
    )
