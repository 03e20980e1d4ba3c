"""What a dataset consists of, counted item by item for its card and for ``--check``."""

from collections import Counter
from dataclasses import dataclass, field

from mifg_pipeline.export.columns import pass_rate_column
from mifg_pipeline.export.selection import Entry
from mifg_pipeline.items import CorpusImage, Pool, is_known_license


@dataclass(frozen=True, order=True)
class Credit:
    """What is known of the rights in a source image."""

    license: str
    attribution: str
    source: str


@dataclass
class SplitSize:
    """Rows of one split, and the bytes of the image files in them."""

    rows: int = 0
    image_bytes: int = 0


@dataclass
class Figures:
    """Counts over the items of a dataset; ``add`` takes them one by one.

    Attributes:
        splits: Size by pool.
        families: Rows by program family.
        difficulties: Rows by difficulty.
        pass_rates: Rows by the share of right replies in the difficulty probe, in tenths (0 to 10), where it was made.
        image_counts: Rows by number of images.
        answer_kinds: Rows by kind of answer.
        skills: Rows by skill.
        decisions: Verified rows by decision of the reviewers.
        annotators: Verified rows by annotator.
        unlicensed_rows: Rows with an image of unknown licence.
        sources: The rights in each image of the corpus that rows show, or show something of, by its sha256.
    """

    splits: dict[Pool, SplitSize] = field(default_factory=dict)
    families: Counter[str] = field(default_factory=Counter)
    difficulties: Counter[str] = field(default_factory=Counter)
    pass_rates: Counter[int] = field(default_factory=Counter)
    image_counts: Counter[int] = field(default_factory=Counter)
    answer_kinds: Counter[str] = field(default_factory=Counter)
    skills: Counter[str] = field(default_factory=Counter)
    decisions: Counter[str] = field(default_factory=Counter)
    annotators: Counter[str] = field(default_factory=Counter)
    unlicensed_rows: int = 0
    sources: dict[str, Credit] = field(default_factory=dict)

    def add(self, entry: Entry, origins: list[CorpusImage], image_bytes: int) -> None:
        """Counts one item.

        Args:
            entry: The item.
            origins: The images of the corpus that its images are or were made from.
            image_bytes: Size of the files of its images.
        """
        item = entry.item
        size = self.splits.setdefault(item.pool, SplitSize())
        size.rows += 1
        size.image_bytes += image_bytes
        self.families[item.provenance.family] += 1
        self.difficulties[item.difficulty] += 1
        pass_rate = pass_rate_column(item)
        if pass_rate is not None:
            self.pass_rates[round(10 * pass_rate)] += 1
        self.image_counts[len(item.images)] += 1
        self.answer_kinds[item.answer.kind] += 1
        self.skills.update(set(item.skills))
        if entry.decision is not None:
            self.decisions[entry.decision] += 1
            self.annotators.update(entry.annotators)
        self.unlicensed_rows += not all(image.is_licensed for image in item.images)
        for image in origins:
            self.sources[image.sha256] = Credit(image.license, image.attribution, image.source)

    @property
    def rows(self) -> int:
        """Items counted."""
        return sum(size.rows for size in self.splits.values())

    def licenses(self) -> Counter[str]:
        """Number of source images by licence."""
        return Counter(credit.license for credit in self.sources.values())

    def unlicensed_images(self) -> int:
        """Number of source images of which nobody said the licence."""
        return sum(not is_known_license(credit.license) for credit in self.sources.values())

    def credits(self) -> list[tuple[Credit, int]]:
        """Each credit with the number of source images that it is due for, sorted."""
        return sorted(Counter(self.sources.values()).items())
