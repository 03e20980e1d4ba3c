"""What the world knows of an image: its annotations, counted by kind."""

from collections import Counter
from functools import cached_property

from mifg_pipeline.items import CorpusImage, ObjectAnnotation
from mifg_pipeline.programs.kinds import SHAPES, SIGN, Kind, colour_of
from mifg_pipeline.programs.signs import Sign, signs_of


class Scene:
    """An image of the corpus with what is annotated in it.

    Args:
        image: The image.
    """

    def __init__(self, image: CorpusImage) -> None:
        self.image = image

    @cached_property
    def things(self) -> tuple[ObjectAnnotation, ...]:
        """All objects but signs."""
        return tuple(thing for thing in self.image.objects if thing.category != SIGN)

    @cached_property
    def is_drawn(self) -> bool:
        """Whether all that there is are coloured shapes, so that everything about it is known."""
        return bool(self.things) and all(thing.category in SHAPES and colour_of(thing) for thing in self.things)

    @cached_property
    def counts(self) -> Counter[Kind]:
        """How many things there are of each category, colour, and both."""
        counts: Counter[Kind] = Counter()
        for thing in self.things:
            colour = colour_of(thing)
            counts[Kind(thing.category, None)] += 1
            if colour:
                counts[Kind(thing.category, colour)] += 1
                counts[Kind(None, colour)] += 1
        return counts

    @cached_property
    def signs(self) -> dict[str, Sign]:
        """The clear signs by colour, of colours that only one sign has."""
        return {sign.colour: sign for sign in signs_of(0, self.image)}

    def of(self, kind: Kind) -> list[ObjectAnnotation]:
        """The things of that kind."""
        return [thing for thing in self.things if kind.covers(thing)]

    def sign_plates(self, colour: str) -> int:
        """How many signs of that colour there are, clear or not."""
        return sum(thing.category == SIGN and colour_of(thing) == colour for thing in self.image.objects)
