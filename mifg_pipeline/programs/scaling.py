"""Scales pictures down to the size at which a program works on them."""

import math

import cv2
import numpy as np

from mifg_pipeline.programs.program import Pixels


def scaled_down(pixels: Pixels, max_pixels: int) -> Pixels:
    """The picture in its proportions with at most that many pixels; unchanged where it has no more."""
    height, width = pixels.shape[:2]
    scale = math.sqrt(max_pixels / (width * height))
    if scale >= 1:
        return pixels
    size = (round(width * scale), round(height * scale))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
