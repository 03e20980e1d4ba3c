"""Exact error rates and sizes of sequential and fixed-sample tests, by dynamic programming over counts."""

from typing import NamedTuple

from scipy.stats import binom

from mifg_pipeline.gates.sequential_test import WaldTest


class Exact(NamedTuple):
    """What a sequential test does at a given chance of a right reply.

    Attributes:
        decides_p1: Chance that it decides for p1.
        replies: Expected number of replies.
    """

    decides_p1: float
    replies: float


def exact(test: WaldTest, chance: float) -> Exact:
    """Follows the probabilities of all counts of right replies that are still undecided, reply by reply."""
    undecided = {0: 1.0}
    decides_p1 = replies = 0.0
    for made in range(1, test.most + 1):
        replies += sum(undecided.values())
        following: dict[int, float] = {}
        for right, weight in undecided.items():
            for gained, share in ((1, chance), (0, 1 - chance)):
                following[right + gained] = following.get(right + gained, 0.0) + weight * share
        decisions = {right: test.decide_by_counts(right, made) for right in following}
        decides_p1 += sum(weight for right, weight in following.items() if decisions[right] == "p1")
        undecided = {right: weight for right, weight in following.items() if decisions[right] is None}
    return Exact(decides_p1, replies)


def fixed_size(p0: float, p1: float, alpha: float, beta: float) -> int:
    """Replies of the smallest test of fixed size that keeps both error rates, wherever it draws the line."""
    low, high = min(p0, p1), max(p0, p1)
    error_at_low, error_at_high = (alpha, beta) if p0 < p1 else (beta, alpha)
    size = 1
    while True:
        # The smallest count that the lower chance reaches with at most its error rate.
        line = int(binom.isf(error_at_low, size, low)) + 1
        if binom.cdf(line - 1, size, high) <= error_at_high:
            return size
        size += 1
