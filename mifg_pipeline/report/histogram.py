"""Histograms that are filled value by value, and how counters are put into bars."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass
class Histogram:
    """Counts of values >= 0 in bins of equal width; what lies beyond the last bin is counted by itself.

    Attributes:
        width: Width of a bin.
        bins: Number of bins; they cover 0 <= value < width * bins.
        counts: Number of values by bin; ``bins`` stands for all values beyond.
    """

    width: float
    bins: int
    counts: Counter[int] = field(default_factory=Counter)

    def add(self, value: float) -> None:
        """Counts a value."""
        self.counts[min(math.floor(value / self.width), self.bins)] += 1

    @property
    def total(self) -> int:
        """Number of values."""
        return self.counts.total()

    @property
    def beyond(self) -> int:
        """Number of values beyond the last bin."""
        return self.counts[self.bins]

    def heights(self) -> list[int]:
        """Counts of all bins in order, then of what lies beyond."""
        return [self.counts[index] for index in range(self.bins + 1)]


@dataclass(frozen=True)
class Bar:
    """One value of a distribution.

    Attributes:
        label: The value.
        count: How often it occurs.
        share: Of all.
        expected: Share that is expected, where something is.
    """

    label: str
    count: int
    share: float
    expected: float | None = None


def share(part: float, whole: float) -> float:
    """The part of the whole, 0 where there is nothing."""
    return part / whole if whole else 0.0


def bars(counts: Iterable[tuple[str, int]]) -> list[Bar]:
    """Bars for labels and counts, in their order."""
    pairs = list(counts)
    total = sum(count for _, count in pairs)
    return [Bar(label, count, share(count, total)) for label, count in pairs]


def by_label(counts: Mapping[str, int]) -> list[Bar]:
    """Bars ordered by label."""
    return bars(sorted(counts.items()))


def by_number(counts: Mapping[int, int]) -> list[Bar]:
    """Bars ordered by number."""
    return bars((str(number), count) for number, count in sorted(counts.items()))


_RANGES = ((-math.inf, -1, "below 0"), (16, 99, "16–99"), (100, 999, "100–999"), (1000, 9999, "1,000–9,999"))
_BEYOND_RANGES = "≥ 10,000"
_SINGLE_INTEGERS = range(16)


def by_magnitude(counts: Mapping[int, int]) -> list[Bar]:
    """Bars of integers: small ones by themselves, the others in decades; only what occurs."""
    grouped: Counter[tuple[float, str]] = Counter()
    for value, count in counts.items():
        grouped[_magnitude(value)] += count
    return bars((label, count) for (_, label), count in sorted(grouped.items()))


def _magnitude(value: int) -> tuple[float, str]:
    """Where the integer stands among the bars, and the label of its bar."""
    if value in _SINGLE_INTEGERS:
        return value, str(value)
    for low, high, label in _RANGES:
        if low <= value <= high:
            return low, label
    return math.inf, _BEYOND_RANGES


def by_doubling(values: Iterable[int]) -> list[Bar]:
    """Bars of integers >= 0 in ranges that double: 0, then from the smallest range that occurs to the largest."""
    ranges = Counter(value.bit_length() for value in values)
    occurring = [bits for bits in ranges if bits]
    shown = range(min(occurring), max(occurring) + 1) if occurring else ()
    return bars((_doubling_label(bits), ranges[bits]) for bits in (0, *shown)) if ranges else []


def _doubling_label(bits: int) -> str:
    low, high = 2**bits // 2, 2**bits - 1
    return f"{low:,}" if low >= high else f"{low:,}–{high:,}"
