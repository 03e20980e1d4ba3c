"""Witness of relate: measures where the shapes that the reader saw lie from one another."""

from collections.abc import Sequence
from math import dist

from mifg_pipeline.witnesses.forms import FormsWitness, Terms, UndecidedError
from mifg_pipeline.witnesses.places import image_name
from mifg_pipeline.witnesses.readings import (
    Figure,
    Kind,
    anchor_of,
    figures_of,
    kind_of,
    speaks_of_drawn_things,
    the_figure,
    the_image_with,
)
from mifg_pipeline.witnesses.witness import Sight, Testimony

# A figure is nearest when the next one of another kind is this many times as far.
_MIN_RATIO = 1.1
# Nearer than this share of the width, a figure is above or below the anchor rather than beside it.
_MIN_GAP = 0.025

_ANY_SHAPE = Kind(None, None)


def _nearest(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    image, anchor = _anchor(terms, sights)
    others = [figure for figure in figures_of(sights[image], _ANY_SHAPE) if figure != anchor]
    if not others:
        raise UndecidedError("there is no shape but the anchor")
    distances = {figure: dist(figure.centre, anchor.centre) for figure in others}
    nearest = min(others, key=lambda figure: distances[figure])
    next_kind = min((distances[figure] for figure in others if str(figure) != str(nearest)), default=float("inf"))
    if next_kind < _MIN_RATIO * distances[nearest]:
        raise UndecidedError("two kinds of shapes are about equally near")
    return Testimony(str(nearest), figures={"anchor": image_name(image), "distance": round(distances[nearest], 1)})


def _which_side(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    image, anchor = _anchor(terms, sights)
    figure = the_figure(sights[image], kind_of(terms))
    gap = (figure.centre[0] - anchor.centre[0]) / sights[image].load().shape[1]
    if abs(gap) < _MIN_GAP:
        raise UndecidedError("the shape is neither to the left nor to the right of the anchor")
    return Testimony("left" if gap < 0 else "right", figures={"anchor": image_name(image), "gap": round(gap, 4)})


def _anchor(terms: Terms, sights: Sequence[Sight]) -> tuple[int, Figure]:
    """The one anchor among the images, and which image shows it."""
    anchor = anchor_of(terms)
    image = the_image_with(anchor, terms.images("images"), sights)
    return image, the_figure(sights[image], anchor)


RELATE = FormsWitness(
    family="relate",
    readers=("shapes",),
    forms={"nearest": _nearest, "which-side": _which_side},
    understands=speaks_of_drawn_things,
)
