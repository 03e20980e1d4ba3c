"""Witness of compare: counts and measures the shapes that the reader saw, image by image."""

from collections.abc import Callable, Sequence

from pydantic import JsonValue

from mifg_pipeline.witnesses.forms import FormsWitness, Terms, UndecidedError
from mifg_pipeline.witnesses.places import image_name
from mifg_pipeline.witnesses.readings import (
    Figure,
    count,
    kind_of,
    speaks_of_drawn_things,
    the_figure,
    the_image_of_most,
)
from mifg_pipeline.witnesses.witness import Sight, Testimony

# Nearer together than this share of the width, two figures are equally far left.
_MIN_GAP = 0.03
# A figure is larger than another when it covers this many times the share of its image.
_MIN_RATIO = 1.2

_Size = tuple[int, int]


def _which_most(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    counts = _counts(terms, sights)
    return Testimony(image_name(the_image_of_most(counts)), figures=_figures(counts))


def _which_fewest(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    counts = _counts(terms, sights)
    if min(counts.values()) == 0:
        raise UndecidedError("one of the images shows none at all", _figures(counts))
    fewest = [image for image, number in counts.items() if number == min(counts.values())]
    if len(fewest) != 1:
        raise UndecidedError(f"{len(fewest)} of the images show equally few", _figures(counts))
    return Testimony(image_name(fewest[0]), figures=_figures(counts))


def _which_leftmost(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    edges = _measured(terms, sights, lambda figure, size: figure.box[0] / size[0])
    centres = _measured(terms, sights, lambda figure, size: figure.centre[0] / size[0])
    leftmost, second, *_ = sorted(centres, key=lambda image: centres[image])
    if centres[second] - centres[leftmost] < _MIN_GAP or min(edges, key=lambda image: edges[image]) != leftmost:
        raise UndecidedError("two of them are about equally far left", _figures(centres))
    return Testimony(image_name(leftmost), figures=_figures(centres))


def _which_largest(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    shares = _measured(terms, sights, lambda figure, size: figure.area / (size[0] * size[1]))
    second, largest = sorted(shares, key=lambda image: shares[image])[-2:]
    if shares[largest] < _MIN_RATIO * shares[second]:
        raise UndecidedError("two of them are about equally large", _figures(shares))
    return Testimony(image_name(largest), figures=_figures(shares))


def _counts(terms: Terms, sights: Sequence[Sight]) -> dict[int, int]:
    return {image: count(sights[image], kind_of(terms)) for image in terms.images("images")}


def _measured(terms: Terms, sights: Sequence[Sight], measure: Callable[[Figure, _Size], float]) -> dict[int, float]:
    """The measure of the one figure of the kind in each image, given the image's (width, height)."""
    measured = {}
    for image in terms.images("images"):
        figure = the_figure(sights[image], kind_of(terms))
        height, width = sights[image].load().shape[:2]
        measured[image] = measure(figure, (width, height))
    return measured


def _figures(values: dict[int, int] | dict[int, float]) -> dict[str, JsonValue]:
    return {image_name(image): round(value, 4) for image, value in values.items()}


COMPARE = FormsWitness(
    family="compare",
    readers=("shapes",),
    forms={
        "which-most": _which_most,
        "which-fewest": _which_fewest,
        "which-leftmost": _which_leftmost,
        "which-largest": _which_largest,
    },
    understands=speaks_of_drawn_things,
)
