"""Gate 2: does the draft show the same picture twice, and has the run asked this question before?"""

import itertools

from mifg_pipeline.config import GateSettings
from mifg_pipeline.items import Draft, GateResult, ImageRef, Sample, content_digest
from mifg_pipeline.scoring import normalize

_GATE = "duplicates"


def duplicates(draft: Draft, settings: GateSettings) -> GateResult:
    """Rejects a draft that holds the same or nearly the same image twice.

    Images of which one is derived from the other, or which are derived from one parent, are alike on purpose.
    """
    for (one, first), (other, second) in itertools.combinations(enumerate(draft.images), 2):
        if _are_related(first, second):
            continue
        distance = 0 if first.sha256 == second.sha256 else _hash_distance(first.phash, second.phash)
        if distance <= settings.near_duplicate_distance:
            return GateResult(
                gate=_GATE,
                passed=False,
                reason="two images are nearly the same" if first.sha256 != second.sha256 else "an image occurs twice",
                figures={"images": [one, other], "distance": distance},
            )
    return GateResult(gate=_GATE, passed=True)


def question_key(draft: Sample) -> str:
    """Equal for drafts that ask the same question about the same set of images, whatever the options.

    Derived images are named by their content, so another detail of the same photograph makes another question.
    """
    return content_digest(
        {"images": sorted({image.sha256 for image in draft.images}), "question": normalize(draft.question)}
    )


def _hash_distance(first: str, second: str) -> int:
    return (int(first, 16) ^ int(second, 16)).bit_count()


def _are_related(first: ImageRef, second: ImageRef) -> bool:
    return (
        first.sha256 in second.derived_from
        or second.sha256 in first.derived_from
        or not set(first.derived_from).isdisjoint(second.derived_from)
    )
