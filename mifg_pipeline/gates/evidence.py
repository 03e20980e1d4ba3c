"""Gate 5: are the evidence regions where they should be, and of a size that one can zoom into?"""

from pydantic import JsonValue

from mifg_pipeline.config import GateSettings
from mifg_pipeline.items import Draft, GateResult, Region

_GATE = "evidence"


def evidence(draft: Draft, settings: GateSettings) -> GateResult:
    """Rejects regions out of bounds, too small or too large, and regions that do not fit the roles of the images.

    Every image of role evidence has a region, a distractor has none. The largest share holds on images of role
    evidence only: a query image may be nothing but the detail.
    """
    for number, region in enumerate(draft.evidence):
        result = _check_region(draft, region, number, settings)
        if not result.passed:
            return result
    covered = {region.image for region in draft.evidence}
    bare = [index for index, role in enumerate(draft.roles) if role == "evidence" and index not in covered]
    if bare:
        return _rejection("an image of role evidence has no region", images=[*bare])
    return GateResult(gate=_GATE, passed=True)


def _check_region(draft: Draft, region: Region, number: int, settings: GateSettings) -> GateResult:
    image, role = draft.images[region.image], draft.roles[region.image]
    x0, y0, x1, y1 = region.bbox
    if role == "distractor":
        return _rejection("a region lies in a distractor", region=number, image=region.image)
    if x1 > image.width or y1 > image.height:
        return _rejection("a region is out of its image's bounds", region=number, image=region.image)
    side = min(x1 - x0, y1 - y0)
    if side < settings.min_evidence_side:
        return _rejection("a region is too small", region=number, side=side, least=settings.min_evidence_side)
    share = (x1 - x0) * (y1 - y0) / (image.width * image.height)
    if role == "evidence" and share > settings.max_evidence_area:
        return _rejection(
            "a region is too large", region=number, share=round(share, 6), most=settings.max_evidence_area
        )
    return GateResult(gate=_GATE, passed=True)


def _rejection(reason: str, **figures: JsonValue) -> GateResult:
    return GateResult(gate=_GATE, passed=False, reason=reason, figures=figures)
