"""Reader of drawn shapes: finds flat, vivid, black or white figures by colour and names them by outline."""

from collections.abc import Iterator
from operator import itemgetter

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from mifg_pipeline.witnesses.outlines import Contour, name_outline
from mifg_pipeline.witnesses.witness import Pixels

# Lowest and highest hue, saturation and value as OpenCV has them (0 to 179, 0 to 255, 0 to 255). What is none of
# these colours is muted: background.
_COLOURS = {
    "red": (((0, 115, 50), (5, 255, 255)), ((165, 115, 50), (179, 255, 255))),
    "orange": (((6, 115, 50), (18, 255, 255)),),
    "yellow": (((19, 115, 50), (40, 255, 255)),),
    "green": (((41, 115, 50), (90, 255, 255)),),
    "blue": (((91, 115, 50), (125, 255, 255)),),
    "purple": (((126, 115, 50), (164, 255, 255)),),
    "black": (((0, 0, 0), (179, 255, 45)),),
    "white": (((0, 0, 215), (179, 35, 255)),),
}
_VIVID = ((0, 115, 50), (179, 255, 255))
# Sides of a figure's box, pixels.
_MIN_SIDE, _MAX_SIDE = 16, 400


def read_shapes(pixels: Pixels) -> JsonValue:
    """The drawn shapes of an image, from top to bottom.

    Args:
        pixels: RGB uint8, shape (height, width, 3).

    Returns:
        A list of ``{"category", "colour", "bbox": [x0, y0, x1, y1], "certainty"}``. The category is circle, ring,
        square, triangle, diamond, star, cross, heart or sign (a plate wider than tall). Certainty goes from 0 to 1.
    """
    hsv = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV), dtype=np.uint8)
    found = []
    for contour, hole in _figures(hsv):
        outline = name_outline(contour, hole)
        x, y, width, height = cv2.boundingRect(contour)
        inside = cv2.drawContours(np.zeros((height, width), np.uint8), [contour], 0, 1, cv2.FILLED, offset=(-x, -y))
        colour, lead = _main_colour(hsv[y : y + height, x : x + width][np.asarray(inside) > 0])
        found.append((y, x, height, width, outline, colour, min(outline.certainty, lead)))
    return [
        {
            "category": outline.category,
            "colour": colour,
            "bbox": [x, y, x + width, y + height],
            "certainty": round(certainty, 3),
        }
        for y, x, height, width, outline, colour, certainty in sorted(found, key=itemgetter(0, 1))
    ]


def _figures(hsv: NDArray[np.uint8]) -> Iterator[tuple[Contour, float]]:
    """Outer contours of plausible size, each with the area of its largest hole; nothing that lies within another."""
    drawn = cv2.inRange(hsv, *_VIVID)
    for name in ("black", "white"):
        drawn = cv2.bitwise_or(drawn, _in_colour(hsv, name))
    contours, hierarchy = cv2.findContours(drawn, cv2.RETR_TREE, cv2.CHAIN_APPROX_NONE)
    if hierarchy is None:
        return
    for contour, (_, _, child, parent) in zip(contours, hierarchy[0], strict=True):
        _, _, width, height = cv2.boundingRect(contour)
        if parent < 0 and min(width, height) >= _MIN_SIDE and max(width, height) <= _MAX_SIDE:
            hole = 0.0
            while child >= 0:
                hole = max(hole, cv2.contourArea(contours[child]))
                child = hierarchy[0][child][0]
            yield contour, hole


def _main_colour(hsv: NDArray[np.uint8]) -> tuple[str, float]:
    """The colour of most pixels, shape (pixels, 3), and how far it leads the next, as a share of its own."""
    counts = {name: cv2.countNonZero(_in_colour(hsv[:, None], name)) for name in _COLOURS}
    name = max(counts, key=lambda name: counts[name])
    most = counts.pop(name)
    return name, (most - max(counts.values())) / max(most, 1)


def _in_colour(hsv: NDArray[np.uint8], name: str) -> NDArray[np.uint8]:
    """255 where an image, shape (height, width, 3), has the colour."""
    masks = [cv2.inRange(hsv, low, high) for low, high in _COLOURS[name]]
    return np.asarray(np.maximum.reduce(masks), dtype=np.uint8)
