"""Witness of same-scene: lays the views, as they are and mirrored, over one another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from pydantic import JsonValue

from mifg_pipeline.witnesses.forms import FormsWitness, Terms, UndecidedError
from mifg_pipeline.witnesses.places import image_name
from mifg_pipeline.witnesses.witness import Sight, Testimony

if TYPE_CHECKING:
    from mifg_pipeline.witnesses.registration import Registration, View

_LONGEST_SIDE = 256
# Views of one scene agreed in 38 features or more and were alike by 0.84 or more (200 pairs, half photographs).
_CLEAR_SUPPORT, _CLEAR_SIMILARITY = 20, 0.7
_DOUBTFUL_SIMILARITY = 0.5

_Pair = tuple[int, int]


def _which_match(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    reference = terms.image("reference")
    found = _the_pair(((reference, candidate) for candidate in terms.images("candidates")), sights)
    return Testimony(image_name(found[0][1]), figures=_figures(*found))


def _which_two(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    found = _the_pair(combinations(sorted(terms.images("images")), 2), sights)
    return Testimony(", ".join(str(image + 1) for image in found[0]), figures=_figures(*found))


def _the_pair(pairs: Iterable[_Pair], sights: Sequence[Sight]) -> tuple[_Pair, Registration]:
    """The one pair of images that show the same scene."""
    from mifg_pipeline.witnesses.registration import view_of

    asked = list(pairs)
    views = {image: view_of(sights[image].load(), _LONGEST_SIDE) for image in {k for pair in asked for k in pair}}
    laid = {(one, other): _laid_over(views[one], views[other]) for one, other in asked}
    alike = {pair: found for pair, found in laid.items() if found and found.similarity >= _DOUBTFUL_SIMILARITY}
    if len(alike) != 1:
        raise UndecidedError(f"{len(alike)} pairs of the images may show the same scene, not one")
    pair, found = alike.popitem()
    if found.support < _CLEAR_SUPPORT or found.similarity < _CLEAR_SIMILARITY:
        raise UndecidedError("it is in doubt whether the images show the same scene", _figures(pair, found))
    return pair, found


def _laid_over(one: View, other: View) -> Registration | None:
    from mifg_pipeline.witnesses.registration import register

    ways = [register(view, other) for view in (one, one.mirrored())]
    return max((way for way in ways if way), key=lambda way: way.similarity, default=None)


def _figures(pair: _Pair, found: Registration) -> dict[str, JsonValue]:
    return {"pair": [*pair], "support": found.support, "similarity": round(found.similarity, 3)}


SAME_SCENE = FormsWitness(family="same-scene", readers=(), forms={"which-match": _which_match, "which-two": _which_two})
