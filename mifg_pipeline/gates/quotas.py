"""Quotas: how many items of a run may be of each family, difficulty, number of images and kind of answer."""

import math
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from mifg_pipeline.config import QuotaSettings

OTHER = "other"
"""Stands for all values of a dimension that have no share of their own."""


class Facets(NamedTuple):
    """What quotas look at in an item."""

    family: str
    difficulty: str
    images: str
    answer: str


DIMENSIONS = Facets._fields


class QuotaRow(NamedTuple):
    """What was asked of one value of a dimension, and what was reached."""

    dimension: str
    value: str
    asked: int
    reached: int


class Quotas:
    """Counts accepted items against their quotas.

    Args:
        settings: Shares per dimension.
        items: Items that the run makes in all.
    """

    def __init__(self, settings: QuotaSettings, items: int) -> None:
        shares = {
            dimension: {str(value): share for value, share in getattr(settings, dimension).items()}
            for dimension in DIMENSIONS
        }
        self._caps = {dimension: whole_parts(given, items) for dimension, given in shares.items() if given}
        self._counts: dict[str, Counter[str]] = {dimension: Counter() for dimension in DIMENSIONS}

    def is_full(self, dimension: str, value: str) -> bool:
        """Whether no further item with this value may be accepted; once full, always full."""
        caps = self._caps.get(dimension)
        if caps is None:
            return False
        slot = value if value in caps else OTHER
        return self._counts[dimension][slot] >= caps[slot]

    def full_dimension(self, facets: Facets) -> str | None:
        """The first dimension in which an item with these facets is one too many, or None."""
        return next((name for name, value in facets._asdict().items() if self.is_full(name, value)), None)

    def count(self, facets: Facets) -> None:
        """Takes in an accepted item."""
        for dimension, value in facets._asdict().items():
            slot = value if value in self._caps.get(dimension, ()) else OTHER
            self._counts[dimension][slot] += 1

    def rows(self) -> list[QuotaRow]:
        """Asked and reached, for every value that has a share, and for the others where they have one."""
        return [
            QuotaRow(dimension, value, asked, self._counts[dimension][value])
            for dimension, caps in self._caps.items()
            for value, asked in caps.items()
            if asked or value != OTHER
        ]


def whole_parts(shares: Mapping[str, float], items: int) -> dict[str, int]:
    """Cuts a number of items into parts by their shares; what they leave goes to ``OTHER``.

    The parts add up to ``items``: each is rounded down, and the largest remainders get one more.

    Args:
        shares: Each 0 to 1, together at most 1.
        items: What to divide.
    """
    exact = {value: share * items for value, share in shares.items()}
    exact[OTHER] = max(0.0, items - math.fsum(exact.values()))
    # Rounded first, so that 0.1 * 30 counts as 3 and not as a little less.
    parts = {value: math.floor(round(part, 6)) for value, part in exact.items()}
    by_remainder = sorted(exact, key=lambda value: parts[value] - exact[value])
    for value in by_remainder[: items - sum(parts.values())]:
        parts[value] += 1
    return parts
