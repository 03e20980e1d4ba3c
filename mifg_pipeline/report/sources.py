"""The images of the corpus that items show: how often each, and whose they are."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mifg_pipeline.items import CorpusImage


@dataclass
class Credit:
    """Images of one licence and attribution.

    Attributes:
        license: As the corpus says.
        attribution: Who made them.
        images: Number of them.
        uses: Number of items per image, added up.
        sources: Where they came from, without repetition, in order of the images.
    """

    license: str
    attribution: str
    images: int = 0
    uses: int = 0
    sources: dict[str, None] = field(default_factory=dict)


def credits_of(images: Iterable[CorpusImage], uses: Mapping[str, int]) -> list[Credit]:
    """Credits of all images that are used, sorted by licence and attribution.

    Args:
        images: Of the corpus.
        uses: Number of items by sha256 of an image.
    """
    credits_: dict[tuple[str, str], Credit] = {}
    for image in images:
        if count := uses.get(image.sha256, 0):
            credit = credits_.setdefault((image.license, image.attribution), Credit(image.license, image.attribution))
            credit.images += 1
            credit.uses += count
            if image.source:
                credit.sources[image.source] = None
    return [credit for _, credit in sorted(credits_.items())]


def licenses_of(credits_: Iterable[Credit]) -> list[tuple[str, int]]:
    """Number of images by licence, sorted by licence."""
    counts: Counter[str] = Counter()
    for credit in credits_:
        counts[credit.license] += credit.images
    return sorted(counts.items())


def most_used(images: Sequence[CorpusImage], uses: Mapping[str, int], most: int) -> list[tuple[CorpusImage, int]]:
    """The images that the most items show, with the number of items; those of equal use by path."""
    used = [(image, uses[image.sha256]) for image in images if image.sha256 in uses]
    return sorted(used, key=lambda entry: (-entry[1], entry[0].path))[:most]
