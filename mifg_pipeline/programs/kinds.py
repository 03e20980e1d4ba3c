"""Kinds of annotated objects that questions count, or by which they single out an image."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mifg_pipeline.items import CorpusImage, ObjectAnnotation, Region
from mifg_pipeline.programs.wording import plural

SIGN = "sign"
_SHAPES = frozenset({"circle", "ring", "square", "triangle", "diamond", "star", "cross", "heart"})


@dataclass(frozen=True)
class Kind:
    """Objects of one category, of one colour, or of both.

    Attributes:
        category: Category; None if any shape counts.
        colour: Value of the attribute "colour"; None if any counts.
    """

    category: str | None
    colour: str | None

    @property
    def singular(self) -> str:
        """As a noun phrase: "red circle", "red shape"."""
        return " ".join(word for word in (self.colour, self.category or "shape") if word)

    @property
    def plural(self) -> str:
        """As a noun phrase in the plural; where any shape counts it says that signs are none."""
        return plural(self.singular) + self._caveat

    @property
    def at_least_one(self) -> str:
        """For example "at least one red circle"."""
        return f"at least one {self.singular}{self._caveat}"

    def covers(self, thing: ObjectAnnotation) -> bool:
        """Whether the object is of this kind."""
        return (
            thing.category != SIGN and self.category in (None, thing.category) and self.colour in (None, _colour(thing))
        )

    def count(self, image: CorpusImage) -> int:
        """How many objects of this kind are annotated in the image."""
        return sum(self.covers(thing) for thing in image.objects)

    def regions(self, index: int, image: CorpusImage) -> tuple[Region, ...]:
        """Where the objects of this kind are, in the image with that index among the item's images."""
        return tuple(
            Region(image=index, bbox=thing.bbox, label=self.singular) for thing in image.objects if self.covers(thing)
        )

    @property
    def _caveat(self) -> str:
        return " (signs do not count)" if self.category is None else ""


class Anchor(NamedTuple):
    """A kind with exactly one object in all images, and the index of the image that holds it."""

    kind: Kind
    image: int


def has_countable(image: CorpusImage) -> bool:
    """Whether anything but signs is annotated."""
    return any(thing.category != SIGN for thing in image.objects)


def kind_groups(images: Sequence[CorpusImage]) -> list[list[Kind]]:
    """The kinds that occur in the images, in groups that name the same: categories, colours, colours of categories.

    Colours are asked about only where every object has one, and without a category only among drawn shapes.
    """
    things = [thing for image in images for thing in image.objects if thing.category != SIGN]
    categories = {thing.category for thing in things}
    groups = [{Kind(category, None) for category in categories}]
    if all(_colour(thing) for thing in things):
        groups.append({Kind(thing.category, _colour(thing)) for thing in things})
        if categories <= _SHAPES:
            groups.append({Kind(None, _colour(thing)) for thing in things})
    return [sorted(group, key=lambda kind: kind.singular) for group in groups]


def draw_kind(images: Sequence[CorpusImage], answer: Callable[[Kind], int | None], rng: random.Random) -> Kind | None:
    """Draws a kind to ask about: first a group, then one of the answers in it, then a kind with that answer.

    So rare answers come up as often as frequent ones. A group in which all kinds have the same answer is left out,
    because there the question alone would tell it.

    Args:
        images: The images.
        answer: The answer for a kind, or None if it cannot be asked about.
        rng: Draws.
    """
    askable: list[dict[int, list[Kind]]] = []
    for group in kind_groups(images):
        by_answer: dict[int, list[Kind]] = {}
        for kind in group:
            value = answer(kind)
            if value is not None:
                by_answer.setdefault(value, []).append(kind)
        if len(by_answer) > 1:
            askable.append(by_answer)
    if not askable:
        return None
    chosen = rng.choice(askable)
    return rng.choice(chosen[rng.choice(sorted(chosen))])


def anchors(images: Sequence[CorpusImage]) -> list[Anchor]:
    """All kinds, of category and (where known) colour, that occur exactly once in exactly one image."""
    groups = kind_groups(images)
    kinds = groups[1] if len(groups) > 1 else groups[0]
    found = []
    for kind in kinds:
        counts = [kind.count(image) for image in images]
        if sum(counts) == 1:
            found.append(Anchor(kind, counts.index(1)))
    return found


def _colour(thing: ObjectAnnotation) -> str | None:
    colour = thing.attributes.get("colour")
    return colour if isinstance(colour, str) and colour else None
