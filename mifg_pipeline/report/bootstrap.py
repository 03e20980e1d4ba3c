"""Intervals for means of figures that hang together in clusters."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

RESAMPLES: Final = 10_000


@dataclass(frozen=True)
class Interval:
    """A mean and its 95 % interval.

    Attributes:
        mean: Of the figures.
        low: 2.5 % of the resampled means lie below it; None where there are fewer than two clusters.
        high: 2.5 % of them lie above it.
    """

    mean: float
    low: float | None
    high: float | None


def mean_interval(values: Sequence[float], clusters: Sequence[Hashable], seed: int) -> Interval:
    """The percentile bootstrap interval of a mean, resampled by cluster (Davison and Hinkley 1997, section 3.8).

    Trajectories of one question are alike, so that whole questions are drawn and not trajectories.

    Args:
        values: At least one.
        clusters: What each value belongs to.
        seed: Of the draws.
    """
    mean = float(np.mean(values))
    if len(set(clusters)) < 2:
        return Interval(mean, None, None)
    low, high = np.percentile(_resampled_means(values, clusters, np.random.default_rng(seed)), [2.5, 97.5])
    return Interval(mean, float(low), float(high))


def difference_interval(
    first: Sequence[float],
    first_clusters: Sequence[Hashable],
    second: Sequence[float],
    second_clusters: Sequence[Hashable],
    seed: int,
) -> Interval:
    """The mean of the first figures less that of the second, which share no cluster; each is resampled by itself.

    Args:
        first: At least one.
        first_clusters: What each of them belongs to.
        second: At least one.
        second_clusters: What each of them belongs to.
        seed: Of the draws.
    """
    mean = float(np.mean(first) - np.mean(second))
    if len(set(first_clusters)) < 2 or len(set(second_clusters)) < 2:
        return Interval(mean, None, None)
    random = np.random.default_rng(seed)
    drawn = _resampled_means(first, first_clusters, random) - _resampled_means(second, second_clusters, random)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(mean, float(low), float(high))


def _resampled_means(
    values: Sequence[float], clusters: Sequence[Hashable], random: np.random.Generator
) -> NDArray[np.float64]:
    """Means of ``RESAMPLES`` draws of as many clusters as there are, shape (RESAMPLES,)."""
    names = {name: index for index, name in enumerate(dict.fromkeys(clusters))}
    of = np.array([names[name] for name in clusters])
    sums, counts = np.bincount(of, weights=np.asarray(values, dtype=np.float64)), np.bincount(of)
    # Clusters of one sum and one size are interchangeable, so that how often each such kind is drawn says it all: that
    # is a handful of numbers where thousands of answers are right or wrong.
    kinds, frequencies = np.unique(np.stack([sums, counts]), axis=1, return_counts=True)
    drawn = random.multinomial(len(names), frequencies / len(names), size=RESAMPLES)
    means: NDArray[np.float64] = (drawn @ kinds[0]) / (drawn @ kinds[1])
    return means
