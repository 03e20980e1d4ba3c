"""Kinds of annotated objects that questions count, or by which they single out an image."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mifg_pipeline.items import CorpusImage, ObjectAnnotation, Region
from mifg_pipeline.programs.clarity import cut_off_categories, unclear_categories
from mifg_pipeline.programs.nouns import is_nameable, is_speakable, noun_of, spoken
from mifg_pipeline.programs.wording import plural

SIGN = "sign"
MAX_COUNT = 30
"""More of a kind are not counted."""
SHAPES = frozenset({"circle", "ring", "square", "triangle", "diamond", "star", "cross", "heart"})


@dataclass(frozen=True)
class Kind:
    """Objects of one category, of one colour, or of both.

    Attributes:
        category: Category as annotated; None if any shape counts.
        colour: Value of the attribute "colour", in lower case; None if any counts.
    """

    category: str | None
    colour: str | None

    @property
    def singular(self) -> str:
        """As a noun phrase: "red circle", "red shape"."""
        return " ".join(word for word in (self.colour, noun_of(self.category or "shape")) if word)

    @property
    def plural(self) -> str:
        """As a noun phrase in the plural; where any shape counts it says that signs are none."""
        return plural(self.singular) + self._caveat

    @property
    def at_least_one(self) -> str:
        """For example "at least one red circle"."""
        return f"at least one {self.singular}{self._caveat}"

    @property
    def exactly_one(self) -> str:
        """For example "exactly one red circle"."""
        return f"exactly one {self.singular}{self._caveat}"

    def covers(self, thing: ObjectAnnotation) -> bool:
        """Whether the object is of this kind."""
        return (
            thing.category != SIGN
            and self.category in (None, thing.category)
            and (self.colour is None or self.colour == colour_of(thing))
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

    def thing_in(self, images: Sequence[CorpusImage]) -> ObjectAnnotation:
        """The object itself."""
        return next(thing for thing in images[self.image].objects if self.kind.covers(thing))


def has_countable(image: CorpusImage) -> bool:
    """Whether anything but signs is annotated."""
    return any(thing.category != SIGN for thing in image.objects)


def kind_groups(images: Sequence[CorpusImage], *, placed: bool = False) -> list[list[Kind]]:
    """The kinds that can be asked about, in groups that name the same: categories, colours of categories, colours.

    Left out are categories that are unclear in any of the images. Colours are asked about only where every object of
    the category has one, and without a category only among drawn shapes.

    Args:
        images: The item's images.
        placed: Whether the place or size of the objects is asked for; categories that the border cuts are left out
            then.

    Returns:
        The categories first, even if there are none; then the other groups that are not empty.
    """
    things = [thing for image in images for thing in image.objects if thing.category != SIGN]
    annotated = {thing.category for thing in things}
    askable = _nameable(annotated) - {category for image in images for category in unclear_categories(image)}
    if placed:
        askable -= {category for image in images for category in cut_off_categories(image)}
    coloured = askable - {thing.category for thing in things if not colour_of(thing)}
    pairs = {Kind(thing.category, colour_of(thing)) for thing in things if thing.category in coloured}
    any_shape = {Kind(None, colour_of(thing)) for thing in things} if annotated <= SHAPES & coloured else set()
    groups = [group for group in (pairs, any_shape) if group]
    by_name = [sorted(group, key=lambda kind: kind.singular) for group in groups]
    return [sorted((Kind(category, None) for category in askable), key=lambda kind: kind.singular), *by_name]


def most_specific_kinds(images: Sequence[CorpusImage], *, placed: bool = False) -> list[Kind]:
    """The kinds of category and colour; for categories whose colours are not known the category alone."""
    categories, *others = kind_groups(images, placed=placed)
    pairs = [kind for kind in others[0] if kind.category is not None] if others else []
    coloured = {kind.category for kind in pairs}
    return pairs + [kind for kind in categories if kind.category not in coloured]


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


def draw_telling_kind(
    index: int, images: Sequence[CorpusImage], rng: random.Random, beside: ObjectAnnotation | None = None
) -> Kind | None:
    """Draws a kind to count in the image with that index, of which another image holds another number.

    So whoever counts in the wrong image is wrong.

    Args:
        index: Of the image to count in.
        images: The images.
        rng: Draws.
        beside: An object that the question names, and that must not be of the kind.
    """
    others = [other for place, other in enumerate(images) if place != index]

    def count(kind: Kind) -> int | None:
        here = kind.count(images[index])
        differs = any(kind.count(other) not in (0, here) for other in others)
        names_it = beside is not None and kind.covers(beside)
        return here if 0 < here <= MAX_COUNT and differs and not names_it else None

    return draw_kind(images, count, rng)


def anchors(images: Sequence[CorpusImage], *, placed: bool = False) -> list[Anchor]:
    """All kinds, of category and (where known) colour, that occur exactly once in exactly one image.

    Args:
        images: The item's images.
        placed: As in ``kind_groups``.
    """
    found = []
    for kind in most_specific_kinds(images, placed=placed):
        counts = [kind.count(image) for image in images]
        if sum(counts) == 1:
            found.append(Anchor(kind, counts.index(1)))
    return found


def colour_of(thing: ObjectAnnotation) -> str | None:
    """The object's colour in words, or None where none is annotated."""
    colour = thing.attributes.get("colour")
    return spoken(colour) if isinstance(colour, str) and is_speakable(colour) else None


def _nameable(categories: Iterable[str]) -> set[str]:
    """Those that can stand in a question and that no other of them shares its words with."""
    names = {category: noun_of(category) for category in categories}
    shared = Counter(names.values())
    return {category for category, name in names.items() if is_nameable(category) and shared[name] == 1}
