"""Statistics of right and wrong answers; pure functions of counts."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import binomtest


@dataclass(frozen=True)
class McNemar:
    """Two ways of answering the same questions, compared by those of which one alone is right.

    Attributes:
        both: Questions that both answer right.
        only_first: That the first alone answers right.
        only_second: That the second alone answers right.
        neither: That neither answers right.
        p: Two-sided exact p-value of the hypothesis that ``only_first`` and ``only_second`` are equally likely.
    """

    both: int
    only_first: int
    only_second: int
    neither: int
    p: float


def mcnemar(pairs: Sequence[tuple[bool, bool]]) -> McNemar:
    """The exact test of McNemar (1947): of the pairs that differ, the first is right in half if both are as good.

    Args:
        pairs: Whether the first and whether the second is right, for each question; the questions are independent.
    """
    counts = Counter(pairs)
    first, second = counts[True, False], counts[False, True]
    p = float(binomtest(first, first + second).pvalue) if first + second else 1.0
    return McNemar(counts[True, True], first, second, counts[False, False], p)


def pass_at(k: int, samples: int, right: int) -> float:
    """The unbiased estimate of the chance that one of ``k`` samples is right (Chen et al. 2021, equation 1).

    Args:
        k: From 1 to ``samples``.
        samples: How many were drawn.
        right: How many of them are right.
    """
    return 1.0 - math.comb(samples - right, k) / math.comb(samples, k)


def doublings(most: int) -> tuple[int, ...]:
    """1, 2, 4, … below ``most``, and ``most`` itself: the k for which pass@k is told."""
    powers = (2**exponent for exponent in range(most.bit_length()))
    return (*(power for power in powers if power < most), most)


@dataclass(frozen=True)
class Bin:
    """Questions of which about the same share of right answers was foretold.

    Attributes:
        foretold: Mean of what was foretold.
        reached: Mean of what was reached.
        count: Questions.
    """

    foretold: float
    reached: float
    count: int


def calibration_bins(pairs: Sequence[tuple[float, float]], bins: int = 5) -> tuple[Bin, ...]:
    """What was foretold beside what was reached, in bins of equal width; empty bins are left out.

    Args:
        pairs: For each question the share of right answers that was foretold and the one that was reached, 0 to 1.
        bins: How many between 0 and 1.
    """
    gathered: dict[int, list[tuple[float, float]]] = {}
    for foretold, reached in pairs:
        gathered.setdefault(min(int(foretold * bins), bins - 1), []).append((foretold, reached))
    return tuple(
        Bin(sum(f for f, _ in found) / len(found), sum(r for _, r in found) / len(found), len(found))
        for _, found in sorted(gathered.items())
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """The expected calibration error: the mean distance of foretold and reached, by questions (Naeini et al. 2015)."""
    total = sum(part.count for part in bins)
    return sum(part.count * abs(part.foretold - part.reached) for part in bins) / total
