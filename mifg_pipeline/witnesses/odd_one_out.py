"""Witness of odd-one-out: looks which images show a kind of shape at all."""

from collections.abc import Sequence

from mifg_pipeline.witnesses.forms import FormsWitness, Terms, UndecidedError
from mifg_pipeline.witnesses.places import image_name
from mifg_pipeline.witnesses.readings import count, kind_of, speaks_of_drawn_things, the_image_with
from mifg_pipeline.witnesses.witness import Sight, Testimony


def _which_lacks(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    kind = kind_of(terms)
    lacking = [image for image in terms.images("images") if count(sights[image], kind) == 0]
    if len(lacking) != 1:
        raise UndecidedError(f"{len(lacking)} of the images show no {kind}, not one")
    return Testimony(image_name(lacking[0]))


def _which_alone(terms: Terms, sights: Sequence[Sight]) -> Testimony:
    return Testimony(image_name(the_image_with(kind_of(terms), terms.images("images"), sights)))


ODD_ONE_OUT = FormsWitness(
    family="odd-one-out",
    readers=("shapes",),
    forms={"which-lacks": _which_lacks, "which-alone": _which_alone},
    understands=speaks_of_drawn_things,
)
