"""Many portraits that one can be looked up in: features vote for candidates, which are then matched one by one."""

import heapq
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from mifg_pipeline.copies.match import is_copy
from mifg_pipeline.copies.portrait import DESCRIPTOR, Portrait

CANDIDATES: Final = 24
"""Portraits with the most votes that are matched."""

NEIGHBOURS: Final = 10
"""Nearest features in the gallery that are looked up; the farthest is what a feature finds anywhere."""

_KD_TREE: Final = 1
_TREES, _CHECKS = 4, 48


class Gallery:
    """Portraits under an index of their features (Muja and Lowe's k-d trees, as FLANN has them)."""

    def __init__(self, portraits: Sequence[Portrait]) -> None:
        self._portraits = portraits
        self._owners = np.repeat(np.arange(len(portraits)), [len(portrait.points) for portrait in portraits])
        self._index = cv2.flann.Index() if self._owners.size else None
        if self._index is not None:
            features = np.concatenate([portrait.descriptors for portrait in portraits]).astype(np.float32)
            self._features = features  # FLANN does not copy what it searches
            self._index.build(features, {"algorithm": _KD_TREE, "trees": _TREES})

    def copies_of(self, portrait: Portrait) -> list[int]:
        """The positions of portraits that show the same picture."""
        return [position for position in self._candidates(portrait) if is_copy(portrait, self._portraits[position])]

    def _candidates(self, portrait: Portrait) -> list[int]:
        if self._index is None or not len(portrait.points):
            return []
        neighbours = min(NEIGHBOURS, len(self._owners))
        features = portrait.descriptors.reshape(-1, DESCRIPTOR).astype(np.float32)
        found, distances = self._index.knnSearch(features, neighbours, params={"checks": _CHECKS})
        # A feature votes by how much nearer a portrait's is than one found anywhere, so that a letter, which many
        # pictures show, counts little (local naive Bayes nearest neighbour; McCann and Lowe, CVPR 2012).
        votes: defaultdict[int, float] = defaultdict(float)
        for owners, away in zip(self._owners[found].tolist(), distances.tolist(), strict=True):
            nearest = dict(zip(reversed(owners), reversed(away), strict=True))
            for owner, distance in nearest.items():
                votes[owner] += away[-1] - distance
        return heapq.nlargest(CANDIDATES, votes, key=votes.__getitem__)
