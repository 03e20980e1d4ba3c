"""Witness of read-across: goes by what the readers read on the signs."""

from collections.abc import Sequence

from mifg_pipeline.witnesses.forms import FormsWitness, Terms
from mifg_pipeline.witnesses.places import image_name
from mifg_pipeline.witnesses.readings import (
    anchor_of,
    speaks_of_drawn_things,
    the_image_of_most,
    the_image_saying,
    the_image_with,
    the_number_on_sign,
    the_sign_text,
)
from mifg_pipeline.witnesses.witness import Sight, Testimony


def _which_largest(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    colour = terms.word("colour")
    numbers = {image: the_number_on_sign(sights[image], colour) for image in terms.images("images")}
    return Testimony(image_name(the_image_of_most(numbers)), figures={"numbers": list(numbers.values())})


def _sum(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    numbers = [the_number_on_sign(sights[image], colour) for image, colour in terms.images_with_words("signs")]
    return Testimony(str(sum(numbers)), figures={"numbers": [*numbers]})


def _which_text(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    return Testimony(the_sign_text(sights[terms.image("image")], terms.word("colour")))


def _which_image(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    return Testimony(image_name(the_image_saying(terms.word("text"), terms.images("images"), sights)))


def _beside_anchor(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    image = the_image_with(anchor_of(terms), terms.images("images"), sights)
    return Testimony(the_sign_text(sights[image], terms.word("colour")), figures={"anchor": image_name(image)})


READ_ACROSS = FormsWitness(
    family="read-across",
    readers=("shapes", "text"),
    understands=speaks_of_drawn_things,
    forms={
        "which-largest": _which_largest,
        "sum": _sum,
        "which-text": _which_text,
        "which-image": _which_image,
        "beside-anchor": _beside_anchor,
    },
)
