"""Witness of read-across: goes by what the readers read on the signs."""

from collections.abc import Sequence

from mifg_pipeline.witnesses.forms import FormsWitness, Terms, UndecidedError
from mifg_pipeline.witnesses.places import image_name
from mifg_pipeline.witnesses.readings import Kind, sign_texts, the_image_with, the_sign_text
from mifg_pipeline.witnesses.witness import Sight, Testimony


def _which_largest(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    colour = terms.word("colour")
    numbers = {image: _number(sights[image], colour) for image in terms.images("images")}
    largest = [image for image, number in numbers.items() if number == max(numbers.values())]
    if len(largest) != 1:
        raise UndecidedError(f"{len(largest)} images show the same largest number")
    return Testimony(image_name(largest[0]), figures={"numbers": list(numbers.values())})


def _sum(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    numbers = [_number(sights[image], colour) for image, colour in terms.images_with_words("signs")]
    return Testimony(str(sum(numbers)), figures={"numbers": [*numbers]})


def _which_text(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    return Testimony(the_sign_text(sights[terms.image("image")], terms.word("colour")))


def _which_image(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    text = terms.word("text")
    holders = [image for image in terms.images("images") if text in sign_texts(sights[image])]
    if len(holders) != 1:
        raise UndecidedError(f"{len(holders)} of the images have a sign saying {text!r}, not one")
    return Testimony(image_name(holders[0]))


def _beside_anchor(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    anchor = Kind(terms.word_or_none("anchor_category"), terms.word_or_none("anchor_colour"))
    image = the_image_with(anchor, terms.images("images"), sights)
    return Testimony(the_sign_text(sights[image], terms.word("colour")), figures={"anchor": image_name(image)})


def _number(sight: Sight, colour: str) -> int:
    text = the_sign_text(sight, colour)
    if not text.isdecimal():
        raise UndecidedError(f"the {colour} sign says {text!r}, which is no number")
    return int(text)


READ_ACROSS = FormsWitness(
    family="read-across",
    readers=("shapes", "text"),
    forms={
        "which-largest": _which_largest,
        "sum": _sum,
        "which-text": _which_text,
        "which-image": _which_image,
        "beside-anchor": _beside_anchor,
    },
)
