"""Intervals for means of figures that hang together in clusters."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

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
    names = {name: index for index, name in enumerate(dict.fromkeys(clusters))}
    of = np.array([names[name] for name in clusters])
    figures = np.asarray(values, dtype=np.float64)
    sums, counts = np.bincount(of, weights=figures), np.bincount(of)
    if len(names) < 2:
        return Interval(float(figures.mean()), None, None)
    drawn = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), size=RESAMPLES)
    low, high = np.percentile((drawn @ sums) / (drawn @ counts), [2.5, 97.5])
    return Interval(float(figures.mean()), float(low), float(high))
