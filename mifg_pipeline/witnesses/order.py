"""Witness of order: measures how much closer each view is, or which edits each copy has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise
from math import log
from typing import TYPE_CHECKING

from pydantic import JsonValue

from mifg_pipeline.witnesses.forms import FormsWitness, Terms, UndecidedError
from mifg_pipeline.witnesses.places import image_name
from mifg_pipeline.witnesses.witness import Sight, Testimony

if TYPE_CHECKING:
    from mifg_pipeline.witnesses.difference import Change

_LONGEST_SIDE = 256
_MIN_SIMILARITY = 0.7
# Logarithms of the scale between two views: at least this for a step, and this far from the sum of the steps between.
_MIN_STEP = log(1.1)
_MAX_DEVIATION = log(1.05)


def _by_zoom(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    images = terms.images("images")
    closer = _closer(images, sights)
    # The sum over all others ranks the views rightly where the pairs agree, which is then looked at pair by pair.
    order = sorted(images, key=lambda image: sum(closer[other, image] for other in images if other != image))
    steps = [closer[farther, nearer] for farther, nearer in pairwise(order)]
    figures: dict[str, JsonValue] = {"steps": [round(step, 3) for step in steps]}
    if min(steps) < _MIN_STEP:
        raise UndecidedError("two of the views are about equally close", figures)
    for first, last in combinations(range(len(order)), 2):
        if abs(closer[order[first], order[last]] - sum(steps[first:last])) > _MAX_DEVIATION:
            raise UndecidedError("the views do not follow from one another by moving closer", figures)
    return Testimony(_listed(order), figures=figures)


def _closer(images: Sequence[int], sights: Sequence[Sight]) -> dict[tuple[int, int], float]:
    """Logarithm of the scale from the first to the second image, for all pairs, both ways round."""
    from mifg_pipeline.witnesses.registration import register, view_of

    views = {image: view_of(sights[image].load(), _LONGEST_SIDE) for image in images}
    closer = {}
    for one, other in combinations(images, 2):
        found = register(views[one], views[other])
        if found is None or found.similarity < _MIN_SIMILARITY:
            raise UndecidedError(f"{image_name(one)} and {image_name(other)} do not show the same place")
        closer[one, other] = log(found.scale)
        closer[other, one] = -closer[one, other]
    return closer


def _by_edits(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    from mifg_pipeline.witnesses.difference import clear_changes

    original = terms.image("original")
    pixels = {image: sights[image].load() for image in terms.images("images")}
    edits = {k: clear_changes(pixels[original], copy) for k, copy in pixels.items() if k != original}
    order = [original, *sorted(edits, key=lambda image: len(edits[image]))]
    figures = _edit_figures(edits)
    if [len(edits[image]) for image in order[1:]] != list(range(1, len(order))):
        raise UndecidedError("the copies do not have one edit, two edits and so on", figures)
    for earlier, later in pairwise(order[1:]):
        if len(clear_changes(pixels[earlier], pixels[later])) != 1:
            raise UndecidedError(f"{image_name(later)} does not keep the edits of {image_name(earlier)}", figures)
    return Testimony(_listed(order), figures=figures)


def _edit_figures(edits: Mapping[int, Sequence[Change]]) -> dict[str, JsonValue]:
    return {image_name(image): [list(change.box) for change in found] for image, found in edits.items()}


def _listed(order: Sequence[int]) -> str:
    return ", ".join(str(image + 1) for image in order)


ORDER = FormsWitness(family="order", readers=(), forms={"by-zoom": _by_zoom, "by-edits": _by_edits})
