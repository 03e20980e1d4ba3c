"""Gate 1: may these images be used, and are they large enough?"""

from pydantic import JsonValue

from mifg_pipeline.config import GateSettings
from mifg_pipeline.items import Draft, GateResult

_GATE = "provenance"
_MIN_DERIVED_SIDE = 64
"""Shortest side of an image that a program made, pixels: a magnified detail may be smaller than a photograph."""


def provenance(draft: Draft, settings: GateSettings) -> GateResult:
    """Rejects images without a licence where the run demands one, and images that are too small.

    Derived images are held to the licence that they inherit, and to a size limit of their own.
    """
    if settings.require_license:
        unlicensed = [index for index, image in enumerate(draft.images) if not image.is_licensed]
        if unlicensed:
            return _rejection("the licence of an image is unknown", images=[*unlicensed])
    for index, image in enumerate(draft.images):
        least = _MIN_DERIVED_SIDE if image.is_derived else settings.min_image_side
        side = min(image.width, image.height)
        if side < least:
            return _rejection("an image is too small", images=[index], side=side, least=least)
    return GateResult(gate=_GATE, passed=True)


def _rejection(reason: str, **figures: JsonValue) -> GateResult:
    return GateResult(gate=_GATE, passed=False, reason=reason, figures=figures)
