"""Finds where a magnified detail was cut from, by normalised cross-correlation from coarse to fine."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mifg_pipeline.witnesses.witness import Pixels

_MAGNIFICATIONS = range(3, 15)
_WINDOW_SIDES = range(28, 113)
# Below 12 pixels a coarse template no longer ranks the true place among the first.
_COARSE_SIDE = 12
_PEAKS_PER_SIDE = 6
_REFINED_PER_IMAGE = 8


@dataclass(frozen=True)
class Match:
    """A place that resembles the detail.

    Attributes:
        image: Key of the image.
        x: Left edge of the window, pixels.
        y: Top edge of the window, pixels.
        side: Side of the window, pixels.
        similarity: Normalised cross-correlation with the detail, at most 1.
    """

    image: int
    x: int
    y: int
    side: int
    similarity: float

    @property
    def centre(self) -> tuple[float, float]:
        """The window's centre, pixels."""
        return self.x + self.side / 2, self.y + self.side / 2

    def is_apart_from(self, other: "Match") -> bool:
        """Whether the windows' centres lie in different images, or more than half a window apart."""
        distance = max(abs(a - b) for a, b in zip(self.centre, other.centre, strict=True))
        return self.image != other.image or distance > max(self.side, other.side) / 2


def window_sides(detail: Pixels) -> tuple[int, ...]:
    """Sides of the square windows that give the detail when magnified by a whole number; empty if there is none."""
    height, width = detail.shape[:2]
    if height != width:
        return ()
    sides = (width // factor for factor in _MAGNIFICATIONS if width % factor == 0)
    return tuple(side for side in sides if side in _WINDOW_SIDES)


def matches(detail: Pixels, images: Mapping[int, Pixels], sides: Sequence[int] | None = None) -> list[Match]:
    """The places that resemble the detail most, best first.

    Args:
        detail: A square window magnified by a whole number, RGB uint8, shape (side, side, 3).
        images: The images to search, RGB uint8, by key.
        sides: Which of the ``window_sides`` to look for; all of them if not given.
    """
    asked = window_sides(detail) if sides is None else sides
    found: list[Match] = []
    for key, image in images.items():
        coarse = [match for side in asked for match in _coarse_matches(detail, key, image, side)]
        coarse.sort(key=lambda match: -match.similarity)
        found += [_refined(detail, image, match) for match in coarse[:_REFINED_PER_IMAGE]]
    return sorted(found, key=lambda match: (-match.similarity, match.image, match.y, match.x))


def _coarse_matches(detail: Pixels, key: int, image: Pixels, side: int) -> Iterator[Match]:
    height, width = image.shape[:2]
    if side > min(height, width):
        return
    step = side // _COARSE_SIDE
    # Grey ranks the places as well as colour does, at a third of the cost; the refinement looks at colour.
    small = _grey(cv2.resize(image, (width // step, height // step), interpolation=cv2.INTER_AREA))
    template_side = round(side / step)
    scores = cv2.matchTemplate(small, _grey(_reduced(detail, template_side)), cv2.TM_CCOEFF_NORMED)
    for x, y, score in _peaks(scores, template_side // 3):
        yield Match(key, round(x * width / small.shape[1]), round(y * height / small.shape[0]), side, score)


def _peaks(scores: NDArray[Any], distance: int) -> Iterator[tuple[int, int, float]]:
    for _ in range(_PEAKS_PER_SIDE):
        _, score, _, (x, y) = cv2.minMaxLoc(scores)
        if not -1 <= score <= 1:
            return
        yield x, y, score
        scores[max(0, y - distance) : y + distance + 1, max(0, x - distance) : x + distance + 1] = -2


def _refined(detail: Pixels, image: Pixels, coarse: Match) -> Match:
    side = coarse.side
    reach = side // _COARSE_SIDE + 2
    x0, y0 = max(0, coarse.x - reach), max(0, coarse.y - reach)
    region = image[y0 : coarse.y + side + reach, x0 : coarse.x + side + reach]
    scores = cv2.matchTemplate(np.ascontiguousarray(region), _reduced(detail, side), cv2.TM_CCOEFF_NORMED)
    _, score, _, (x, y) = cv2.minMaxLoc(scores)
    return Match(coarse.image, x0 + x, y0 + y, side, score)


def _reduced(detail: Pixels, side: int) -> Pixels:
    return cv2.resize(detail, (side, side), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _grey(pixels: NDArray[Any]) -> NDArray[Any]:
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
