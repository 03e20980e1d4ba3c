"""Witness of find-detail: looks for the magnified detail in the candidates by template matching."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import JsonValue

from mifg_pipeline.witnesses.forms import FormsWitness, Terms, UndecidedError
from mifg_pipeline.witnesses.places import cell_name, image_name, quarter_name
from mifg_pipeline.witnesses.witness import Pixels, Sight, Testimony

if TYPE_CHECKING:
    from mifg_pipeline.witnesses.template import Match

# Details of photographs, magnified and stored as JPEG of quality 90, scored 0.978 or more in their true place.
_MIN_SIMILARITY = 0.97
# The next best place must differ from the detail this many times as much as the best one (seen: 17 or more).
_MIN_RATIO = 5.0
# What magnifying and JPEG leave of a difference even in the true place.
_NOISE = 1e-4
# A window whose centre is nearer to a dividing line than this share of its side belongs to neither part.
_LINE_MARGIN = 1 / 8


def _which_image(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    found, figures = _find(sights[terms.image("query")].load(), _load(sights, terms.images("candidates")))
    return Testimony(image_name(found.image), figures=figures)


def _which_quarter(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    candidates = _load(sights, terms.images("candidates"))
    found, figures = _find(sights[terms.image("query")].load(), candidates)
    height, width = candidates[found.image].shape[:2]
    quarter = quarter_name(*found.centre, width, height, found.side * _LINE_MARGIN)
    if quarter is None:
        raise UndecidedError("the detail lies between two quarters", figures)
    return Testimony(f"{image_name(found.image)}, {quarter}", figures=figures)


def _which_cell(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    candidate = terms.image("candidate")
    candidates = _load(sights, (candidate,))
    found, figures = _find(sights[terms.image("query")].load(), candidates)
    height, width = candidates[candidate].shape[:2]
    cell = cell_name(*found.centre, width, height, found.side * _LINE_MARGIN)
    if cell is None:
        raise UndecidedError("the detail lies between two cells", figures)
    return Testimony(cell, figures=figures)


def _two_details(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    candidates = _load(sights, terms.images("candidates"))
    finds = [_find(sights[query].load(), candidates) for query in terms.images("queries")]
    answer = ", ".join(str(found.image + 1) for found, _ in finds)
    return Testimony(answer, figures={"details": [figures for _, figures in finds]})


def _load(sights: Sequence[Sight], indices: Sequence[int]) -> dict[int, Pixels]:
    return {index: sights[index].load() for index in indices}


def _find(detail: Pixels, candidates: Mapping[int, Pixels]) -> tuple[Match, dict[str, JsonValue]]:
    from mifg_pipeline.witnesses.template import matches, window_sides

    if not window_sides(detail):
        raise UndecidedError("the detail is not a small square magnified by a whole number")
    found = matches(detail, candidates)
    if not found:
        raise UndecidedError("no candidate is as large as the detail")
    best = found[0]
    second = max((match.similarity for match in found if match.is_apart_from(best)), default=0.0)
    figures: dict[str, JsonValue] = {
        "image": best.image,
        "window": [best.x, best.y, best.x + best.side, best.y + best.side],
        "similarity": round(best.similarity, 4),
        "next_best": round(second, 4),
    }
    if best.similarity < _MIN_SIMILARITY:
        raise UndecidedError("the detail is found nowhere", figures)
    if 1 - second < _MIN_RATIO * (1 - best.similarity + _NOISE):
        raise UndecidedError("the detail is found in two places", figures)
    return best, figures


FIND_DETAIL = FormsWitness(
    family="find-detail",
    readers=(),
    forms={
        "which-image": _which_image,
        "which-quarter": _which_quarter,
        "which-cell": _which_cell,
        "two-details": _two_details,
    },
)
