"""Decides whether two portraits show the same picture: by features that lie alike, and by the pixels under them."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mifg_pipeline.copies.portrait import Portrait

INLIERS: Final = 10
"""Features, at least, that one similarity maps onto their partners."""

DISTINCT: Final = 0.8
"""A feature's partner is at most so far away, in units of the second nearest (Lowe, IJCV 2004)."""

REACH: Final = 1.5
"""Pixels of the thumbnail that a mapped feature may lie off."""

SCALES: Final = (1 / 6, 6.0)
"""How much larger one may show things than the other; a crop of 3 % of the area is drawn 6 times as large."""

OVERLAP: Final = 0.5
"""Share of the smaller view, at least, that lies inside the other one."""

SPREAD: Final = 0.1
"""Share of the smaller view, at least, that the box around those features takes: a word that both show is no copy."""

CORRELATION: Final = 0.5
"""Of the grey values, at least, where both lie on each other."""

_FEWEST_PIXELS: Final = 200


def is_copy(one: Portrait, other: Portrait) -> bool:
    """Whether a similarity lays one picture on the other so that features and grey values agree.

    Features alone do not do: letters and drawn shapes occur in many pictures, and many features of the one can be
    mapped onto a single one of the other.
    """
    found = _similarity(*_partners(one, other))
    return found is not None and _agrees(*found, one.thumbnail, other.thumbnail)


def _partners(one: Portrait, other: Portrait) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Places of features of both that are alike, each in at most one pair, shape (pairs, 2) each."""
    if min(len(one.points), len(other.points)) < INLIERS:
        return np.empty((0, 2), np.float32), np.empty((0, 2), np.float32)
    first, second = one.descriptors.astype(np.float32), other.descriptors.astype(np.float32)
    best: dict[int, tuple[float, int]] = {}
    for nearest, next_nearest in cv2.BFMatcher(cv2.NORM_L2).knnMatch(first, second, k=2):
        if nearest.distance < DISTINCT * next_nearest.distance:
            pair = (nearest.distance, nearest.queryIdx)
            best[nearest.trainIdx] = min(best.get(nearest.trainIdx, pair), pair)
    return one.points[[query for _, query in best.values()]], other.points[list(best)]


def _similarity(one: NDArray[np.float32], other: NDArray[np.float32]) -> tuple[NDArray[np.float64], float] | None:
    """The similarity that maps most of the one onto the other, shape (2, 3), and the area around those in the other.

    None where too few agree on one.
    """
    if len(one) < INLIERS:
        return None
    cv2.setRNGSeed(1)  # RANSAC draws at random; the same images shall give the same answer
    transform, inliers = cv2.estimateAffinePartial2D(one, other, ransacReprojThreshold=REACH)
    if transform is None or int(inliers.sum()) < INLIERS:
        return None
    scale = float(np.hypot(transform[0, 0], transform[1, 0]))
    if not SCALES[0] <= scale <= SCALES[1]:
        return None
    return np.asarray(transform, np.float64), float(np.prod(np.ptp(other[inliers.ravel() == 1], axis=0)))


def _agrees(transform: NDArray[np.float64], spread: float, one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    size = (other.shape[1], other.shape[0])
    inside = cv2.warpAffine(np.full(one.shape, 255, np.uint8), transform, size) == 255
    smaller = min(one.size * abs(np.linalg.det(transform[:, :2])), other.size)
    if spread < SPREAD * smaller or np.count_nonzero(inside) < max(_FEWEST_PIXELS, OVERLAP * smaller):
        return False
    mapped = cv2.warpAffine(one, transform, size)
    return _correlation(np.asarray(mapped)[inside], other[inside]) >= CORRELATION


def _correlation(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    """Pearson's; 0 where one of them is constant."""
    first, second = one.astype(np.float64), other.astype(np.float64)
    first -= first.mean()
    second -= second.mean()
    norm = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / norm if norm else 0.0
