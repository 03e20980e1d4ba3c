"""Soft masks of local edits: they follow the outline of what a patch shows, or have the shape of an irregular blob."""

import random

import cv2
import numpy as np
from numpy.typing import NDArray

from mifg_pipeline.programs.program import Pixels

Mask = NDArray[np.float32]
"""Weights from 0 to 1, shape (side, side); 0 on the outermost pixels."""

_OBJECT_SHARE = (0.25, 0.7)
"""Shares of a patch that its middle object may fill to be worth outlining."""
_SOFTNESS = 3


def outline_or_blob(patch: Pixels, rng: random.Random) -> Mask:
    """A soft mask: a blob, cut to the outline of the object in the middle of the patch where there is one."""
    blob = _blob(patch.shape[0], rng)
    outline = _middle_object(patch) & blob
    lowest, highest = _OBJECT_SHARE
    return _soft(outline if lowest <= float(outline.mean()) <= highest else blob)


def _middle_object(patch: Pixels) -> NDArray[np.bool_]:
    """Marks the connected part around the middle that is more like the middle than like the rest, by Otsu."""
    lab = cv2.cvtColor(cv2.GaussianBlur(patch, (5, 5), 0), cv2.COLOR_RGB2LAB).astype(np.float32)
    side = patch.shape[0]
    centre = slice(side // 2 - 3, side // 2 + 3)
    distance = np.linalg.norm(lab - lab[centre, centre].mean(axis=(0, 1)), axis=2)
    levels = np.clip(distance * 2, 0, 255).astype(np.uint8)
    _, alike = cv2.threshold(levels, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    smooth = cv2.morphologyEx(alike, cv2.MORPH_CLOSE, kernel)
    _, labels = cv2.connectedComponents(smooth)
    middle = int(labels[side // 2, side // 2])
    return np.asarray((labels == middle) & (smooth > 0))


def _blob(side: int, rng: random.Random) -> NDArray[np.bool_]:
    """Marks a shape whose radius varies smoothly with the angle."""
    axis = np.linspace(-1, 1, side)
    angle = np.arctan2(axis[:, None], axis[None, :])
    limit = np.full((side, side), 0.82)
    for frequency in (2, 3, 5):
        limit += rng.uniform(0.03, 0.09) * np.cos(frequency * angle + rng.uniform(0, 2 * np.pi))
    return np.asarray(np.hypot(axis[:, None], axis[None, :]) < limit)


def _soft(outline: NDArray[np.bool_]) -> Mask:
    framed = outline.astype(np.float32)
    for edge in (framed[:_SOFTNESS], framed[-_SOFTNESS:], framed[:, :_SOFTNESS], framed[:, -_SOFTNESS:]):
        edge[...] = 0
    size = 2 * _SOFTNESS - 1
    return cv2.GaussianBlur(framed, (size, size), 0, borderType=cv2.BORDER_CONSTANT).astype(np.float32, copy=False)
