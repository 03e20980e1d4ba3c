"""Views of a picture: a window of it in another size, in another light, perhaps mirrored."""

import random
from dataclasses import dataclass

import cv2
import numpy as np

from mifg_pipeline.items import Box
from mifg_pipeline.programs.program import Pixels

_MAX_BRIGHTNESS = 28.0
_MAX_CONTRAST = 0.16
_MAX_WARMTH = 0.1
_SPREAD = 0.25
"""How far a light may lie off its even place, in steps from one light to the next."""

_LINEAR_SCALE = 0.5
"""From this scale on, interpolation leaves no pixel out and costs a fifth of averaging."""


@dataclass(frozen=True)
class Light:
    """A mild change of light that is the same for all pixels.

    Attributes:
        brightness: Grey levels that are added.
        contrast: Factor of the distance from middle grey.
        warmth: Share by which red grows and blue shrinks; negative where it is cooler.
    """

    brightness: float = 0.0
    contrast: float = 1.0
    warmth: float = 0.0

    def applied_to(self, pixels: Pixels) -> Pixels:
        """The image in this light."""
        levels = (np.arange(256.0) - 128) * self.contrast + 128 + self.brightness
        gains = np.array([1 + self.warmth, 1.0, 1 - self.warmth])
        table = np.clip(np.rint(levels[:, None] * gains), 0, 255).astype(np.uint8)
        return cv2.LUT(pixels, table[None]).astype(np.uint8, copy=False)


DAYLIGHT = Light()
"""Leaves an image as it is."""


@dataclass(frozen=True)
class View:
    """How a picture is seen.

    Attributes:
        window: The part of the picture that is seen.
        size: Width and height of the view, in pixels.
        mirrored: Whether left and right are exchanged.
        light: The light in which it is seen.
    """

    window: Box
    size: tuple[int, int]
    mirrored: bool = False
    light: Light = DAYLIGHT

    @property
    def scale(self) -> float:
        """Pixels of the view per pixel of the picture."""
        return self.size[0] / (self.window[2] - self.window[0])

    def of(self, picture: Pixels) -> Pixels:
        """What is seen of the picture."""
        x0, y0, x1, y1 = self.window
        method = cv2.INTER_AREA if self.scale < _LINEAR_SCALE else cv2.INTER_LINEAR
        seen = cv2.resize(picture[y0:y1, x0:x1], self.size, interpolation=method).astype(np.uint8, copy=False)
        lit = seen if self.light == DAYLIGHT else self.light.applied_to(seen)
        return np.ascontiguousarray(lit[:, ::-1]) if self.mirrored else lit

    def place_of(self, box: Box) -> Box:
        """Where a box of the picture is in the view, to the nearest pixel; the box lies within the window."""
        left, top, right, bottom = self.window
        width, height = self.size
        across, down = width / (right - left), height / (bottom - top)
        x0, x1 = round((box[0] - left) * across), round((box[2] - left) * across)
        y0, y1 = round((box[1] - top) * down), round((box[3] - top) * down)
        return (width - x1, y0, width - x0, y1) if self.mirrored else (x0, y0, x1, y1)


def different_lights(count: int, rng: random.Random) -> list[Light]:
    """Draws that many lights that differ visibly from each other: evenly spread over what is mild, in random order."""
    brightness, contrast, warmth = (_spread(count, rng) for _ in range(3))
    return [
        Light(_MAX_BRIGHTNESS * b, 1 + _MAX_CONTRAST * c, _MAX_WARMTH * w)
        for b, c, w in zip(brightness, contrast, warmth, strict=True)
    ]


def _spread(count: int, rng: random.Random) -> list[float]:
    step = 2 / (count - 1)
    even = [index * step - 1 + rng.uniform(-_SPREAD, _SPREAD) * step for index in range(count)]
    return rng.sample(even, count)
