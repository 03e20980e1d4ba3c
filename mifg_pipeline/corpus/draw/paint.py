"""Paints a layout: the surface, soft shadows, then shapes and signs with smooth edges."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mifg_pipeline.corpus.draw.layout import Layout, Thing
from mifg_pipeline.corpus.draw.lettering import letter_mask
from mifg_pipeline.corpus.draw.noise import Field
from mifg_pipeline.corpus.draw.shapes import DOT_RADIUS, Points
from mifg_pipeline.corpus.draw.surfaces import make_surface
from mifg_pipeline.corpus.draw.vocabulary import PAINTS, SIGN
from mifg_pipeline.programs import Pixels

Mask = NDArray[np.uint8]

_OVERSAMPLING = 4
"""Masks are drawn so many times larger, then averaged: that is where the smooth edges come from."""

_SHIFT = 4
"""Fractional bits of the coordinates given to OpenCV."""

_SHADOW_OFFSET = (3, 4)
_SHADOW_BLUR = 3.0
_SHADOW_DEPTH = 0.3

_RIM_SHARE = 0.035
_RIM_TONE = 0.72
_UNRIMMED = ("black", "white")
"""A darker rim would blur what is black, and make white look grey."""


def paint(layout: Layout) -> Pixels:
    """The scene's pixels: RGB, shape (height, width, 3), uint8."""
    shape = (layout.height, layout.width)
    surface = make_surface(layout.surface, layout.surface_seed, shape)
    light = surface.light * _shadows(layout)
    first, second = surface.tints
    pixels = np.empty((*shape, 3), np.uint8)
    for channel in range(3):
        tint = first[channel] + (second[channel] - first[channel]) * surface.blend
        pixels[..., channel] = 255 * light * tint + 0.5
    for thing in layout.things:
        _paint_thing(pixels, thing)
    return pixels


def _shadows(layout: Layout) -> Field:
    """What share of the light reaches each pixel."""
    mask = np.zeros((layout.height, layout.width), np.uint8)
    for thing in layout.things:
        contours = [contour + _SHADOW_OFFSET for contour in thing.form.contours]
        _fill(mask, contours, thing.form.rounding)
    return 1 - np.float32(_SHADOW_DEPTH / 255) * cv2.GaussianBlur(mask, (0, 0), _SHADOW_BLUR)


def _paint_thing(pixels: Pixels, thing: Thing) -> None:
    x, y, width, height = thing.box
    patch = pixels[y : y + height, x : x + width]
    canvas = (height * _OVERSAMPLING, width * _OVERSAMPLING)
    contours = [(contour - (x, y)) * _OVERSAMPLING for contour in thing.form.contours]
    body = np.zeros(canvas, np.uint8)
    _fill(body, contours, thing.form.rounding * _OVERSAMPLING)
    _blend(patch, body, np.array(thing.tone))
    if thing.rimmed and thing.colour not in _UNRIMMED:
        _blend(patch, _rim(body, thing), _RIM_TONE * np.array(thing.tone))
    contrast = np.array(PAINTS[thing.colour].contrast)
    if thing.category == SIGN:
        _blend(patch, _letters(canvas, thing), contrast)
    elif thing.pattern == "dotted":
        _blend(patch, _dots(canvas, thing), contrast)


def _fill(mask: Mask, contours: list[Points], rounding: float) -> None:
    """Fills everything within ``rounding`` of the inside of the contours."""
    fixed = [np.rint((contour - 0.5) * 2**_SHIFT).astype(np.int32) for contour in contours]
    cv2.fillPoly(mask, fixed, 255, cv2.LINE_8, _SHIFT)
    if rounding >= 0.5:
        cv2.polylines(mask, fixed, True, 255, max(1, round(2 * rounding)), cv2.LINE_8, _SHIFT)


def _rim(body: Mask, thing: Thing) -> Mask:
    """A band along the inside of the edges."""
    width = max(1.5, _RIM_SHARE * min(thing.box[2:]))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(width * _OVERSAMPLING) + 1,) * 2)
    return np.asarray(body - cv2.erode(body, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0), np.uint8)


def _dots(canvas: tuple[int, int], thing: Thing) -> Mask:
    x, y, width, height = thing.box
    mask = np.zeros(canvas, np.uint8)
    radius = DOT_RADIUS * max(width, height) * _OVERSAMPLING
    for centre in (thing.form.dots - (x, y)) * _OVERSAMPLING:
        at = np.rint((centre - 0.5) * 2**_SHIFT).astype(int)
        cv2.circle(mask, (int(at[0]), int(at[1])), round(radius * 2**_SHIFT), 255, -1, cv2.LINE_8, _SHIFT)
    return mask


def _letters(canvas: tuple[int, int], thing: Thing) -> Mask:
    """The sign's text, turned with its plate and centred on it."""
    letters = letter_mask(thing.text or "", thing.cap_height * _OVERSAMPLING)
    height, width = letters.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -thing.angle, 1.0)
    turn[:, 2] += (canvas[1] - width) / 2, (canvas[0] - height) / 2
    return np.asarray(cv2.warpAffine(letters, turn, (canvas[1], canvas[0]), flags=cv2.INTER_LINEAR), np.uint8)


def _blend(patch: Pixels, mask: Mask, colour: NDArray[np.generic]) -> None:
    """Lays a colour over a patch, by the coverage that an oversampled mask gives each pixel."""
    coverage = cv2.resize(mask, (patch.shape[1], patch.shape[0]), interpolation=cv2.INTER_AREA)
    share = coverage[..., None].astype(np.float32) / 255
    patch[...] = np.rint(patch + share * (colour.astype(np.float32) - patch))
