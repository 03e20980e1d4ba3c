"""Witness of two-hop: finds the image by one reading of it and answers from another."""

from collections.abc import Sequence

from mifg_pipeline.witnesses.forms import FormsWitness, Terms
from mifg_pipeline.witnesses.places import image_name
from mifg_pipeline.witnesses.readings import (
    count,
    kind_of,
    speaks_of_drawn_things,
    the_image_of_most,
    the_image_saying,
    the_number_on_sign,
    the_sign_text,
)
from mifg_pipeline.witnesses.witness import Sight, Testimony


def _sign_of_most(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    kind = kind_of(terms)
    image = the_image_of_most({image: count(sights[image], kind) for image in terms.images("images")})
    return Testimony(the_sign_text(sights[image], terms.word("sign_colour")), figures={"image": image_name(image)})


def _count_at_largest(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    colour = terms.word("sign_colour")
    numbers = {image: the_number_on_sign(sights[image], colour) for image in terms.images("images")}
    return _counted(the_image_of_most(numbers), terms, sights)


def _count_at_text(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    return _counted(the_image_saying(terms.word("text"), terms.images("images"), sights), terms, sights)


def _counted(image: int, terms: Terms, sights: Sequence[Sight]) -> Testimony:
    return Testimony(str(count(sights[image], kind_of(terms))), figures={"image": image_name(image)})


TWO_HOP = FormsWitness(
    family="two-hop",
    readers=("shapes", "text"),
    forms={
        "sign-of-most": _sign_of_most,
        "count-at-largest": _count_at_largest,
        "count-at-text": _count_at_text,
    },
    understands=speaks_of_drawn_things,
)
