"""Finds how one view of a scene lies in another: local features, then a similarity, then the overlap itself."""

from dataclasses import dataclass
from functools import cache
from math import atan2, degrees, hypot
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mifg_pipeline.witnesses.witness import Pixels

_MAX_FEATURES = 400
# Half of OpenCV's own threshold: skies, fur and water have only faint features.
_MIN_CONTRAST = 0.02
# A feature is matched where the next best candidate differs from it this much more (Lowe, 2004, section 7.1).
_MAX_DISTANCE_RATIO = 0.8
# Pixels of the reduced view by which a matched feature may miss its place.
_MAX_OFFSET = 3.0
# Views are cut and scaled, never turned: a similarity with a turn comes from chance.
_MAX_TURN = 3.0
_SCALES = (0.25, 4.0)
# Fewer features than this agree by chance (in 1,200 pairs of unlike or mirrored views at most 12, and then the overlap
# was alike by 0.4 at most).
_MIN_SUPPORT = 10
# The overlap must be this share of the second view, or it is too small to compare.
_MIN_OVERLAP = 0.05


@dataclass(frozen=True)
class View:
    """A reduced view with its local features.

    Attributes:
        grey: The reduced view, shape (height, width), uint8.
        points: Where its features lie, pixels of ``grey``, shape (features, 2), float32.
        descriptors: Their SIFT descriptors, shape (features, 128), float32.
    """

    grey: NDArray[np.uint8]
    points: NDArray[np.float32]
    descriptors: NDArray[np.float32]

    def mirrored(self) -> "View":
        """The view as a mirror shows it.

        A SIFT descriptor is 4 x 4 histograms, along and across the feature's direction, of 8 gradient directions
        counted from it: in the mirror the rows across it change sides and the directions change sign.
        """
        points = self.points.copy()
        points[:, 0] = self.grey.shape[1] - 1 - points[:, 0]
        histograms = self.descriptors.reshape(-1, 4, 4, 8)[:, ::-1, :, -np.arange(8) % 8]
        return View(np.ascontiguousarray(self.grey[:, ::-1]), points, histograms.reshape(-1, 128))


@dataclass(frozen=True)
class Registration:
    """How one view lies in another.

    Attributes:
        scale: Length in the second view of what is 1 long in the first, both reduced to the same longest side.
        support: How many features agree.
        similarity: Normalised cross-correlation of the views where they overlap, at most 1.
    """

    scale: float
    support: int
    similarity: float


def view_of(pixels: Pixels, longest_side: int) -> View:
    """Reduces an image and finds its features.

    Args:
        pixels: RGB uint8, shape (height, width, 3).
        longest_side: Of the reduced view, pixels.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    factor = longest_side / max(grey.shape)
    interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    reduced = np.asarray(cv2.resize(grey, None, fx=factor, fy=factor, interpolation=interpolation), dtype=np.uint8)
    keypoints, descriptors = _detector().detectAndCompute(reduced, None)
    points = np.array([keypoint.pt for keypoint in keypoints], dtype=np.float32).reshape(-1, 2)
    described = np.empty(0) if descriptors is None else descriptors
    return View(reduced, points, np.asarray(described, dtype=np.float32).reshape(-1, 128))


def register(first: View, second: View) -> Registration | None:
    """How the first view lies in the second; None where no similarity without a turn fits their features."""
    ours, theirs = _matched(first, second)
    if len(ours) < _MIN_SUPPORT:
        return None
    transform, fits = cv2.estimateAffinePartial2D(
        ours, theirs, method=cv2.RANSAC, ransacReprojThreshold=_MAX_OFFSET, maxIters=1000, confidence=0.999
    )
    support = 0 if transform is None else int(fits.sum())
    if support < _MIN_SUPPORT:
        return None
    scale = hypot(transform[0, 0], transform[1, 0])
    turn = degrees(atan2(transform[1, 0], transform[0, 0]))
    if not _SCALES[0] <= scale <= _SCALES[1] or abs(turn) > _MAX_TURN:
        return None
    similarity = _overlap_similarity(first, second, transform)
    return None if similarity is None else Registration(scale, support, similarity)


def _matched(first: View, second: View) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Places of the features that are much like one another, in both views."""
    if len(second.points) < 2:
        return first.points[:0], second.points[:0]
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(first.descriptors, second.descriptors, k=2)
    kept = [best for best, next_best in pairs if best.distance < _MAX_DISTANCE_RATIO * next_best.distance]
    return first.points[[match.queryIdx for match in kept]], second.points[[match.trainIdx for match in kept]]


def _overlap_similarity(first: View, second: View, transform: NDArray[Any]) -> float | None:
    height, width = second.grey.shape
    moved = cv2.warpAffine(first.grey, transform, (width, height), flags=cv2.INTER_LINEAR)
    inside = cv2.warpAffine(np.full_like(first.grey, 255), transform, (width, height), flags=cv2.INTER_NEAREST) > 0
    if inside.mean() < _MIN_OVERLAP:
        return None
    ours, theirs = (np.asarray(grey[inside], np.float32) for grey in (moved, second.grey))
    covariance = float(((ours - ours.mean()) * (theirs - theirs.mean())).mean())
    # A flat overlap has nothing to compare: at least one grey level of spread keeps the quotient finite.
    return covariance / max(float(ours.std() * theirs.std()), 1.0)


@cache
def _detector() -> cv2.SIFT:
    return cv2.SIFT.create(_MAX_FEATURES, contrastThreshold=_MIN_CONTRAST, enable_precise_upscale=True)
