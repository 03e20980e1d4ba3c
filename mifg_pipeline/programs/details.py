"""Finds small windows of pictures that can be told from everything else in them, and magnifies them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mifg_pipeline.items import Box
from mifg_pipeline.programs.first_view import detail_side
from mifg_pipeline.programs.landmarks import MAX_RESEMBLANCE, LandmarkMap
from mifg_pipeline.programs.places import inset, keeps_apart, margin
from mifg_pipeline.programs.program import Derived, Picture

_MIN_SIDE = 32
_QUERY_SIDE = 392
_ATTEMPTS = 8


@dataclass(frozen=True)
class Detail:
    """A window of one of the pictures."""

    picture: int
    box: Box


class DetailFinder:
    """Finds details of several pictures that can be told from everything else in them.

    Args:
        pictures: The pictures.
        queries: How many details the item will show magnified.
        rng: Draws the side that all details have.
    """

    def __init__(self, pictures: Sequence[Picture], queries: int, rng: random.Random) -> None:
        sizes = [(picture.image.width, picture.image.height) for picture in pictures]
        side = detail_side(sizes, queries * _QUERY_SIDE**2, _MIN_SIDE, rng)
        self.pixels = [picture.load() for picture in pictures]
        self.maps = [LandmarkMap.of(pixels, side) for pixels in self.pixels]

    def find(self, picture: int, area: Box, rng: random.Random, apart_from: Sequence[Box] = ()) -> Detail | None:
        """Draws a detail within the area, or None if a few attempts find none that is rich and unique."""
        own = self.maps[picture]
        inner = inset(area, margin(own.pixel_side))
        if inner is None:
            return None
        for box in own.rich_windows(inner, rng, _ATTEMPTS):
            if keeps_apart(box, apart_from, 0) and self._is_unique(own, box):
                return Detail(picture, box)
        return None

    def find_in_each(self, rng: random.Random, apart_from: Sequence[Detail] = ()) -> list[Detail] | None:
        """Draws a detail of every picture, clear of the given ones, or None if a picture has none."""
        details: list[Detail] = []
        for index, pixels in enumerate(self.pixels):
            taken = [detail.box for detail in apart_from if detail.picture == index]
            detail = self.find(index, (0, 0, pixels.shape[1], pixels.shape[0]), rng, taken)
            if detail is None:
                return None
            details.append(detail)
        return details

    def magnified(self, detail: Detail) -> Derived:
        """The detail enlarged by a whole number, about 392 pixels wide."""
        x0, y0, x1, y1 = detail.box
        window = self.pixels[detail.picture][y0:y1, x0:x1]
        side = (x1 - x0) * round(_QUERY_SIDE / (x1 - x0))
        enlarged = cv2.resize(window, (side, side), interpolation=cv2.INTER_LANCZOS4)
        return Derived(enlarged.astype(np.uint8, copy=False), parents=(detail.picture,))

    def _is_unique(self, own: LandmarkMap, box: Box) -> bool:
        ordered = [own, *(other for other in self.maps if other is not own)]
        return all(image.resemblance(own, box) <= MAX_RESEMBLANCE for image in ordered)
