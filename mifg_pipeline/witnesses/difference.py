"""Finds where two versions of one image differ by more than the noise of compression."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from mifg_pipeline.witnesses.forms import UndecidedError
from mifg_pipeline.witnesses.witness import Pixels

# Differences are averaged over blocks of the size that JPEG works with: an untouched block stays untouched.
_BLOCK = 8
# A change shows at least one block of clear difference; its extent is that of the slight differences around it.
# Both thresholds are absolute + noise x factor, in levels of 255. Between a photograph and its JPEG of quality 90
# single blocks reach 5 times the noise (the 75th percentile of all blocks; edits cover less than the other quarter).
_CLEAR = (3.0, 6.0)
_SLIGHT = (1.5, 3.0)
_NOISE_PERCENTILE = 75
# Parts of one change that are nearer than this many blocks belong together.
_BRIDGED_BLOCKS = 3
# A change of fewer clear blocks, or a slight difference of at least so many blocks, is in doubt.
_MIN_BLOCKS = 4


@dataclass(frozen=True)
class Change:
    """A place where two images differ.

    Attributes:
        box: (x0, y0, x1, y1) in pixels, to the block.
        clear: Whether the difference is beyond doubt.
    """

    box: tuple[int, int, int, int]
    clear: bool

    @property
    def centre(self) -> tuple[float, float]:
        """Centre of the box, pixels."""
        x0, y0, x1, y1 = self.box
        return (x0 + x1) / 2, (y0 + y1) / 2


def changes(before: Pixels, after: Pixels) -> list[Change]:
    """The places where the images differ, from top to bottom; doubtful ones included.

    Args:
        before: RGB uint8, shape (height, width, 3).
        after: The other version, of the same shape.
    """
    blocks = _block_differences(before, after)
    noise = float(np.percentile(blocks, _NOISE_PERCENTILE))
    clear = blocks > _CLEAR[0] + _CLEAR[1] * noise
    slight = (blocks > _SLIGHT[0] + _SLIGHT[1] * noise).astype(np.uint8)
    kernel = np.ones((_BRIDGED_BLOCKS, _BRIDGED_BLOCKS), np.uint8)
    bridged = cv2.dilate(slight, kernel)
    count, labels = cv2.connectedComponents(bridged, connectivity=8)
    found = (_change(labels == label, slight > 0, clear, before.shape) for label in range(1, count))
    return sorted((change for change in found if change is not None), key=lambda change: change.box[1])


def clear_changes(before: Pixels, after: Pixels) -> list[Change]:
    """The places where the images differ, from top to bottom.

    Args:
        before: RGB uint8, shape (height, width, 3).
        after: The other version.

    Raises:
        UndecidedError: If the images differ in size, or one of the places is in doubt.
    """
    if before.shape != after.shape:
        raise UndecidedError("the images differ in size")
    found = changes(before, after)
    if not all(change.clear for change in found):
        boxes: JsonValue = [list(change.box) for change in found]
        raise UndecidedError("a difference is too slight to tell an edit from noise", {"boxes": boxes})
    return found


def consensus(copies: Sequence[Pixels]) -> Pixels:
    """The pixelwise (lower) median of three or more copies: what most of them show."""
    ordered = list(copies)
    for done in range((len(ordered) + 1) // 2):
        for place in range(len(ordered) - 1, done, -1):
            lower, upper = ordered[place - 1], ordered[place]
            ordered[place - 1], ordered[place] = _pixels(cv2.min(lower, upper)), _pixels(cv2.max(lower, upper))
    return ordered[(len(ordered) - 1) // 2]


def _block_differences(before: Pixels, after: Pixels) -> NDArray[np.float32]:
    red, green, blue = cv2.split(cv2.absdiff(before, after))
    difference = cv2.max(cv2.max(red, green), blue)
    height, width = difference.shape
    below, right = -height % _BLOCK, -width % _BLOCK
    padded = cv2.copyMakeBorder(difference, 0, below, 0, right, cv2.BORDER_REFLECT)
    size = (padded.shape[1] // _BLOCK, padded.shape[0] // _BLOCK)
    return cv2.resize(padded.astype(np.float32), size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)


def _change(
    component: NDArray[np.bool_], slight: NDArray[np.bool_], clear: NDArray[np.bool_], shape: tuple[int, ...]
) -> Change | None:
    rows, columns = np.nonzero(component & slight)
    if len(rows) < _MIN_BLOCKS and not clear[rows, columns].any():
        return None
    height, width = shape[:2]
    x0, y0 = int(columns.min()) * _BLOCK, int(rows.min()) * _BLOCK
    x1, y1 = (int(columns.max()) + 1) * _BLOCK, (int(rows.max()) + 1) * _BLOCK
    return Change((x0, y0, min(x1, width), min(y1, height)), int(clear[rows, columns].sum()) >= _MIN_BLOCKS)


def _pixels(array: object) -> Pixels:
    return np.asarray(array, dtype=np.uint8)
