"""Witness of spot-change: looks at the difference between the images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import JsonValue

from mifg_pipeline.witnesses.forms import FormsWitness, Terms, UndecidedError
from mifg_pipeline.witnesses.places import cell_name, image_name
from mifg_pipeline.witnesses.witness import Pixels, Sight, Testimony

if TYPE_CHECKING:
    from mifg_pipeline.witnesses.difference import Change

# A change whose centre is nearer to a dividing line than this is in neither cell, pixels.
_LINE_MARGIN = 6.0
# Two changes whose heights differ by less than this are equally high, pixels.
_HEIGHT_MARGIN = 12.0


def _which_cell(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    original = sights[terms.image("original")].load()
    change = _one_change(original, sights[terms.image("edited")].load())
    height, width = original.shape[:2]
    cell = cell_name(*change.centre, width, height, _LINE_MARGIN)
    figures = _figures([change])
    if cell is None:
        raise UndecidedError("the change lies between two cells", figures)
    return Testimony(cell, figures=figures)


def _how_many_edits(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    from mifg_pipeline.witnesses.difference import clear_changes

    found = clear_changes(sights[terms.image("original")].load(), sights[terms.image("edited")].load())
    return Testimony(str(len(found)), figures=_figures(found))


def _which_unedited(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    from mifg_pipeline.witnesses.difference import clear_changes, consensus

    copies = terms.images("copies")
    if len(copies) < 3:
        raise UndecidedError("fewer than three copies: no majority tells which is the original")
    pixels = [sights[copy].load() for copy in copies]
    if len({image.shape for image in pixels}) > 1:
        raise UndecidedError("the images differ in size")
    original = consensus(pixels)
    edits = {copy: clear_changes(original, image) for copy, image in zip(copies, pixels, strict=True)}
    figures: dict[str, JsonValue] = {"changes": {str(copy): len(found) for copy, found in edits.items()}}
    unedited = [copy for copy, found in edits.items() if not found]
    if len(unedited) != 1:
        raise UndecidedError(f"{len(unedited)} of the copies show no change", figures)
    return Testimony(image_name(unedited[0]), figures=figures)


def _which_higher(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    original = sights[terms.image("original")].load()
    edited = terms.images("edited")
    found = [_one_change(original, sights[image].load()) for image in edited]
    tops = [change.box[1] for change in found]
    centres = [change.centre[1] for change in found]
    figures = _figures(found)
    apart = abs(centres[0] - centres[1]) >= _HEIGHT_MARGIN
    if not apart or (tops[0] < tops[1]) != (centres[0] < centres[1]):
        raise UndecidedError("the changes are about equally high", figures)
    return Testimony(image_name(edited[centres.index(min(centres))]), figures=figures)


def _one_change(before: Pixels, after: Pixels) -> Change:
    from mifg_pipeline.witnesses.difference import clear_changes

    found = clear_changes(before, after)
    if len(found) != 1:
        raise UndecidedError(f"{len(found)} changes are seen, not one", _figures(found))
    return found[0]


def _figures(found: Sequence[Change]) -> dict[str, JsonValue]:
    return {"boxes": [list(change.box) for change in found]}


SPOT_CHANGE = FormsWitness(
    family="spot-change",
    readers=(),
    forms={
        "which-cell": _which_cell,
        "how-many-edits": _how_many_edits,
        "which-unedited": _which_unedited,
        "which-higher": _which_higher,
    },
)
