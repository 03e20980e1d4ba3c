"""Witness of count-across: counts the shapes that the reader saw."""

from collections.abc import Iterable, Sequence

from pydantic import JsonValue

from mifg_pipeline.witnesses.forms import FormsWitness, Terms
from mifg_pipeline.witnesses.places import image_name
from mifg_pipeline.witnesses.readings import anchor_of, count, kind_of, speaks_of_drawn_things, the_image_with
from mifg_pipeline.witnesses.witness import Sight, Testimony


def _total(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    counts = _counts(terms, sights, terms.images("images"))
    return Testimony(str(sum(counts.values())), figures=_figures(counts))


def _images_with(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    counts = _counts(terms, sights, terms.images("images"))
    return Testimony(str(sum(number > 0 for number in counts.values())), figures=_figures(counts))


def _difference(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    first, second = terms.image("first"), terms.image("second")
    counts = _counts(terms, sights, (first, second))
    return Testimony(str(counts[first] - counts[second]), figures=_figures(counts))


def _beside_anchor(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    image = the_image_with(anchor_of(terms), terms.images("images"), sights)
    return Testimony(str(count(sights[image], kind_of(terms))), figures={"anchor": image_name(image)})


def _counts(terms: Terms, sights: Sequence[Sight], images: Iterable[int]) -> dict[int, int]:
    return {image: count(sights[image], kind_of(terms)) for image in images}


def _figures(counts: dict[int, int]) -> dict[str, JsonValue]:
    return {"counts": {image_name(image): number for image, number in counts.items()}}


COUNT_ACROSS = FormsWitness(
    family="count-across",
    readers=("shapes",),
    understands=speaks_of_drawn_things,
    forms={
        "total": _total,
        "total-choice": _total,
        "images-with": _images_with,
        "difference": _difference,
        "beside-anchor": _beside_anchor,
    },
)
