"""Annotated signs with texts, singled out by the colour of their plate."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mifg_pipeline.items import Box, CorpusImage, Region
from mifg_pipeline.programs.clarity import is_clear, is_cut_off
from mifg_pipeline.programs.kinds import SIGN


@dataclass(frozen=True)
class Sign:
    """A sign that its colour singles out among the signs of its image.

    Attributes:
        image: Index among the item's images.
        colour: Colour of the plate.
        text: What it says.
        box: Where it is.
    """

    image: int
    colour: str
    text: str
    box: Box

    @property
    def is_number(self) -> bool:
        """Whether it says a whole number in digits."""
        return self.text.isascii() and self.text.isdecimal()

    @property
    def reading(self) -> str:
        """What it says, alike for texts that a reader takes for the same."""
        return str(int(self.text)) if self.is_number else self.text.casefold()

    @property
    def region(self) -> Region:
        """Where it is, as evidence."""
        return Region(image=self.image, bbox=self.box, label=f"{self.colour} sign")


def signs_of(index: int, image: CorpusImage) -> list[Sign]:
    """The whole and clear signs with a text whose colour no other sign has, of the image with that index."""
    things = [thing for thing in image.objects if thing.category == SIGN]
    colours = Counter(thing.attributes.get("colour") for thing in things)
    return [
        Sign(index, colour, thing.text, thing.bbox)
        for thing in things
        if isinstance(colour := thing.attributes.get("colour"), str)
        and colours[colour] == 1
        and thing.text
        and is_clear(thing, image)
        and not is_cut_off(thing, image)
    ]


def signs_in(images: Sequence[CorpusImage]) -> list[Sign]:
    """The signs of all images, in their order."""
    return [sign for index, image in enumerate(images) for sign in signs_of(index, image)]


def all_differ(signs: Sequence[Sign]) -> bool:
    """Whether no two of them say the same."""
    return len({sign.reading for sign in signs}) == len(signs)


def is_elsewhere_too(sign: Sign, signs: Sequence[Sign]) -> bool:
    """Whether another image has a sign of that colour with another text, so that the right image must be found."""
    return any(
        other.image != sign.image and other.colour == sign.colour and other.reading != sign.reading for other in signs
    )


def numbers_by_colour(signs: Sequence[Sign]) -> dict[str, list[Sign]]:
    """The signs with numbers, by colour, of colours with which at least two images have different numbers."""
    by_colour: dict[str, list[Sign]] = {}
    for sign in signs:
        if sign.is_number:
            by_colour.setdefault(sign.colour, []).append(sign)
    return {colour: group for colour, group in by_colour.items() if len(group) > 1 and all_differ(group)}


def singular_texts(images: Sequence[CorpusImage], signs: Sequence[Sign]) -> list[Sign]:
    """Those of the signs whose text stands nowhere else in the images."""
    texts = Counter(thing.text.casefold() for image in images for thing in image.objects if thing.text)
    return [sign for sign in signs if texts[sign.text.casefold()] == 1]
