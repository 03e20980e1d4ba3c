"""Local edits of an image: what is in one small box changes visibly, nothing else changes at all."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from mifg_pipeline.items import Box
from mifg_pipeline.programs.masks import Mask, outline_or_blob
from mifg_pipeline.programs.places import gap
from mifg_pipeline.programs.program import Pixels

_BLUR = 5
_CHANGED = 12.0
_MIN_CHANGED_SHARE = 0.25
_MIN_CHANGE = 30.0
_MIN_COMPACTNESS = 0.9
_JOINING = 7

_MIN_SATURATION = 60
_MIN_BRIGHTNESS = 40
_PIECES_TRIED = 12


@dataclass(frozen=True)
class Edit:
    """New content of a box.

    Attributes:
        box: Where the image changes.
        pixels: What the box holds after the edit, RGB uint8.
    """

    box: Box
    pixels: Pixels

    def applied_to(self, image: Pixels) -> Pixels:
        """A copy of the image with the edit."""
        x0, y0, x1, y1 = self.box
        edited = image.copy()
        edited[y0:y1, x0:x1] = self.pixels
        return edited


def draw_edit(image: Pixels, box: Box, rng: random.Random) -> Edit | None:
    """Draws an edit of the square box: another colour, a removal, a copy from elsewhere, a turn or a mirroring.

    Returns:
        The first kind of edit, in random order, that changes the box visibly; None if none does.
    """
    before = _cut(image, box)
    for kind in rng.sample(_KINDS, len(_KINDS)):
        after = kind(image, box, rng)
        if after is not None and visible_change(before, after) >= _MIN_CHANGE:
            return Edit(box, after)
    return None


def visible_change(before: Pixels, after: Pixels) -> float:
    """How strongly two patches differ to the eye, in grey levels.

    Returns:
        The mean absolute difference over the pixels that changed, after blurring, because a change of fine texture
        alone is hardly seen; 0 if fewer than a quarter of the pixels changed or they are not in one place.
    """
    blurred = cv2.blur(after.astype(np.float32) - before.astype(np.float32), (_BLUR, _BLUR))
    difference = np.abs(blurred).mean(axis=2)
    changed = difference > _CHANGED
    total = int(changed.sum())
    if total < _MIN_CHANGED_SHARE * changed.size:
        return 0.0
    joined = cv2.dilate(changed.astype(np.uint8), np.ones((_JOINING, _JOINING), np.uint8))
    _, labels = cv2.connectedComponents(joined)
    in_largest = int(np.bincount(labels[changed]).max())
    return float(difference[changed].mean()) if in_largest >= _MIN_COMPACTNESS * total else 0.0


def _recoloured(image: Pixels, box: Box, rng: random.Random) -> Pixels | None:
    """Turns the hue of what is colourful; lightens or darkens what is not, unless it is nearly black."""
    patch = _cut(image, box)
    mask = outline_or_blob(patch, rng)
    hsv = cv2.cvtColor(patch, cv2.COLOR_RGB2HSV).astype(np.float32)
    inside = hsv[mask > 0.5]
    saturation, brightness = (float(np.median(inside[:, channel])) for channel in (1, 2))
    if brightness < _MIN_BRIGHTNESS:
        return None
    if saturation >= _MIN_SATURATION:
        hsv[..., 0] = (hsv[..., 0] + rng.randint(35, 145)) % 180
    else:
        hsv[..., 2] *= rng.uniform(1.7, 2.2) if brightness < 110 else rng.uniform(0.4, 0.6)
    changed = cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2RGB)
    return _blended(patch, changed.astype(np.uint8, copy=False), mask)


def _removed(image: Pixels, box: Box, rng: random.Random) -> Pixels:
    """Fills the middle of the box from its surroundings, as if what is there had never been."""
    patch = _cut(image, box)
    hole = (outline_or_blob(patch, rng) > 0).astype(np.uint8)
    method = rng.choice((cv2.INPAINT_TELEA, cv2.INPAINT_NS))
    return cv2.inpaint(np.ascontiguousarray(patch), hole, 3, method).astype(np.uint8, copy=False)


def _replaced(image: Pixels, box: Box, rng: random.Random) -> Pixels | None:
    """Puts a piece from elsewhere in the image over the box: of those that show, the one that shows least."""
    side = box[2] - box[0]
    height, width = image.shape[:2]
    patch = _cut(image, box)
    best: tuple[float, Pixels] | None = None
    for _ in range(_PIECES_TRIED):
        x, y = rng.randint(0, width - side), rng.randint(0, height - side)
        source = (x, y, x + side, y + side)
        if gap(box, source) < side // 2:
            continue
        piece = _cut(image, source)
        blended = _blended(patch, piece, outline_or_blob(piece, rng))
        change = visible_change(patch, blended)
        if change >= _MIN_CHANGE and (best is None or change < best[0]):
            best = (change, blended)
    return None if best is None else best[1]


def _turned(image: Pixels, box: Box, rng: random.Random) -> Pixels:
    """Turns or mirrors the content of the box."""
    patch = _cut(image, box)
    turned = np.ascontiguousarray(rng.choice(_TURNS)(patch))
    return _blended(patch, turned, outline_or_blob(turned, rng))


def _cut(image: Pixels, box: Box) -> Pixels:
    x0, y0, x1, y1 = box
    return image[y0:y1, x0:x1]


def _blended(patch: Pixels, changed: Pixels, mask: Mask) -> Pixels:
    weight = mask[..., None]
    return np.rint(patch * (1 - weight) + changed * weight).astype(np.uint8)


_KINDS: tuple[Callable[[Pixels, Box, random.Random], Pixels | None], ...] = (
    _recoloured,
    _removed,
    _replaced,
    _turned,
)
_TURNS: tuple[Callable[[Pixels], Pixels], ...] = (np.rot90, np.flipud, np.fliplr, lambda patch: np.rot90(patch, 2))
