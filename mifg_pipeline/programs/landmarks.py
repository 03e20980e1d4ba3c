"""Finds windows of an image that are rich in detail and resemble nothing else, so that an eye can find them again."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mifg_pipeline.items import Box
from mifg_pipeline.programs.places import keeps_apart
from mifg_pipeline.programs.program import Pixels

_COARSE_SIDE = 12
"""A window is about that many coarse pixels wide: enough to tell it from others, few enough to be fast."""
_MAX_STEP = 5
"""Larger coarse pixels would hide copies that lie between two of them."""
_MIN_STRENGTH = 200.0
"""Four times the mean squared gradient, in grey levels per coarse pixel, along the direction with least of it."""
_QUANTILE = 0.65
"""A landmark has more detail than this share of its image."""
_WINDOWS_PER_LANDMARK = 4
MAX_RESEMBLANCE = 0.88
"""A window that resembles another place more than this cannot be told from it."""


@dataclass(frozen=True)
class LandmarkMap:
    """Where an image has detail, for square windows of one side, on a coarse grid.

    Attributes:
        grey: Lightness of each coarse pixel, uint8, shape (rows, columns); blurred, so that a copy of a window is
            alike even where it lies half a coarse pixel off.
        strength: Smaller eigenvalue of the structure tensor over the window whose upper left corner is there, float32.
            It is high where lightness changes in two directions, so that no shift leaves the window as it was.
        floor: The strength from which a window is rich in detail.
        step: Side of a coarse pixel, in pixels.
        side: Side of the windows, in coarse pixels.
    """

    grey: NDArray[np.uint8]
    strength: NDArray[np.float32]
    floor: float
    step: int
    side: int

    @classmethod
    def of(cls, pixels: Pixels, side: int, quantile: float = _QUANTILE) -> "LandmarkMap":
        """Maps an RGB image for windows of that side, which is rounded down to whole coarse pixels."""
        step = min(max(2, side // _COARSE_SIDE), _MAX_STEP)
        coarse_side = side // step
        rows, columns = pixels.shape[0] // step, pixels.shape[1] // step
        whole = cv2.cvtColor(pixels[: rows * step, : columns * step], cv2.COLOR_RGB2GRAY)
        grey = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        # OpenCV divides by 4 x 255 x the block's side; gradients are wanted in grey levels.
        centred = cv2.cornerMinEigenVal(grey, coarse_side) * (255.0**2)
        offset = coarse_side // 2
        strength = centred[offset : offset + rows - coarse_side + 1, offset : offset + columns - coarse_side + 1]
        floor = max(_MIN_STRENGTH, float(np.quantile(strength[::3, ::3], quantile)))
        blurred = cv2.GaussianBlur(grey, (3, 3), 0).astype(np.uint8, copy=False)
        return cls(blurred, strength.astype(np.float32, copy=False), floor, step, coarse_side)

    @property
    def pixel_side(self) -> int:
        """Side of the windows in pixels."""
        return self.side * self.step

    def rich_windows(self, area: Box, rng: random.Random, attempts: int) -> Iterator[Box]:
        """Draws windows that are rich in detail and lie wholly within the area."""
        left, top = -(-area[0] // self.step), -(-area[1] // self.step)
        right, bottom = area[2] // self.step - self.side + 1, area[3] // self.step - self.side + 1
        if right <= left or bottom <= top:
            return
        strength = self.strength[top:bottom, left:right]
        rich = np.flatnonzero(strength >= self.floor)
        if rich.size == 0:
            return
        for _ in range(attempts):
            row, column = divmod(int(rich[rng.randrange(rich.size)]), strength.shape[1])
            x, y = (left + column) * self.step, (top + row) * self.step
            yield (x, y, x + self.pixel_side, y + self.pixel_side)

    def resemblance(self, other: "LandmarkMap", window: Box) -> float:
        """How much the window of the other map resembles any place of this image, itself and its surroundings excepted.

        Returns:
            The highest normalised cross-correlation of lightness, from -1 to 1.
        """
        column, row = window[0] // other.step, window[1] // other.step
        template = other.grey[row : row + other.side, column : column + other.side]
        scores = cv2.matchTemplate(self.grey, template, cv2.TM_CCOEFF_NORMED)
        if other is self:
            reach = self.side // 2
            scores[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1] = -1
        return float(scores.max())


def draw_landmarks(own: LandmarkMap, area: Box, count: int, rng: random.Random) -> list[Box]:
    """Draws up to that many windows within the area, apart, that no other place of the image resembles."""
    landmarks: list[Box] = []
    for box in own.rich_windows(area, rng, _WINDOWS_PER_LANDMARK * count):
        if keeps_apart(box, landmarks, 0) and own.resemblance(own, box) <= MAX_RESEMBLANCE:
            landmarks.append(box)
        if len(landmarks) == count:
            break
    return landmarks
