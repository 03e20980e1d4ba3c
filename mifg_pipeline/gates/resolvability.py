"""The difficulty critic's rule: is the evidence legible at first view, only in a crop, or not at all?"""

import math
from collections.abc import Iterable

from mifg_pipeline.config import GateSettings
from mifg_pipeline.items import Difficulty, Draft, GateResult, ImageRef

_GATE = "resolvability"
_READING_SKILLS = frozenset({"reading", "read-text"})
_GLYPH_SHARE = 0.5
"""Glyph height over the short side of a sign; regions carry no glyph heights, so it is approximated by this share."""


def first_view_scale(images: Iterable[ImageRef], settings: GateSettings) -> float:
    """The scale of an item's images in the first view.

    The first view has ``first_view_pixels`` in all, which the images share in proportion to their sizes, so that all
    are scaled by min(1, sqrt(first_view_pixels / sum of their pixels)).
    """
    return min(1.0, math.sqrt(settings.first_view_pixels / sum(image.width * image.height for image in images)))


def resolvability(draft: Draft, settings: GateSettings) -> tuple[Difficulty | None, GateResult]:
    """The difficulty of a draft by the size of its evidence; None where nobody can make it out.

    Evidence is legible in a view where the shortest side of any region is at least ``legible_side`` there and, where
    the question takes reading, glyphs are at least ``legible_glyph`` high. The first view is scaled as
    ``first_view_scale`` says, crops are at scale 1.

    Returns:
        "glance" where all evidence is legible at first view, "zoom" where it is in crops only, None where it is not
        even there; and the result, rejected in the last case only.
    """
    scale = first_view_scale(draft.images, settings)
    side = min(min(x1 - x0, y1 - y0) for x0, y0, x1, y1 in (region.bbox for region in draft.evidence))
    reads = not _READING_SKILLS.isdisjoint(draft.skills)

    def is_legible(view_scale: float) -> bool:
        is_seen = side * view_scale >= settings.legible_side
        return is_seen and (not reads or _GLYPH_SHARE * side * view_scale >= settings.legible_glyph)

    difficulty: Difficulty | None = "glance" if is_legible(scale) else "zoom" if is_legible(1.0) else None
    return difficulty, GateResult(
        gate=_GATE,
        passed=difficulty is not None,
        reason="" if difficulty is not None else "the evidence is illegible even at full resolution",
        figures={"shortest_side": side, "first_view_scale": round(scale, 6), "reads_text": reads},
    )
