"""Witness of match: looks for each magnified detail in all images by template matching."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import JsonValue

from mifg_pipeline.witnesses.forms import FormsWitness, Terms, UndecidedError
from mifg_pipeline.witnesses.places import image_name
from mifg_pipeline.witnesses.witness import Pixels, Sight, Testimony

if TYPE_CHECKING:
    from mifg_pipeline.witnesses.template import Match

# As for details to be found: see find_detail.
_MIN_SIMILARITY = 0.97
_MIN_RATIO = 5.0
_NOISE = 1e-4


def _details_to_images(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    owners, figures = _owners(terms, sights)
    return Testimony(", ".join(str(image + 1) for image in owners.values()), figures=figures)


def _which_pairing(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    owners, figures = _owners(terms, sights)
    return Testimony(", ".join(f"{detail + 1}–{image + 1}" for detail, image in owners.items()), figures=figures)


def _owners(terms: Terms, sights: Sequence[Sight]) -> tuple[dict[int, int], dict[str, JsonValue]]:
    """The image that each detail was cut from, by detail."""
    images = {image: sights[image].load() for image in terms.images("images")}
    finds: dict[int, Match] = {}
    for detail in terms.images("details"):
        # Details of one item are magnified alike: looked for at that size first, most need no other.
        likely = tuple({found.side for found in finds.values()})
        finds[detail] = _found(detail, sights[detail].load(), images, likely)
    owners = {detail: found.image for detail, found in finds.items()}
    figures: dict[str, JsonValue] = {
        image_name(detail): {"image": image_name(found.image), "similarity": round(found.similarity, 4)}
        for detail, found in finds.items()
    }
    if len(set(owners.values())) < len(owners):
        raise UndecidedError("two details are found in one image", figures)
    return owners, figures


def _found(number: int, detail: Pixels, images: Mapping[int, Pixels], likely: tuple[int, ...]) -> Match:
    from mifg_pipeline.witnesses.template import matches, window_sides

    sides = window_sides(detail)
    for tried in (tuple(side for side in sides if side in likely), sides):
        found = _clear_match(matches(detail, images, tried))
        if found is not None:
            return found
    raise UndecidedError(f"it is not clear which image the detail {image_name(number)} is from")


def _clear_match(found: Sequence[Match]) -> Match | None:
    """The best match, if it is in another image than the detail's likeness anywhere else."""
    if not found or found[0].similarity < _MIN_SIMILARITY:
        return None
    best = found[0]
    elsewhere = max((match.similarity for match in found if match.image != best.image), default=0.0)
    return best if 1 - elsewhere >= _MIN_RATIO * (1 - best.similarity + _NOISE) else None


MATCH = FormsWitness(
    family="match",
    readers=(),
    forms={"details-to-images": _details_to_images, "which-pairing": _which_pairing},
)
