"""Finds what can be asked about drawn scenes: one function per form of question that the world writes."""

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mifg_pipeline.items import Box, ObjectAnnotation
from mifg_pipeline.programs.kinds import Kind
from mifg_pipeline.stub.world import own_wordings
from mifg_pipeline.stub.world.answers import CORNERS
from mifg_pipeline.stub.world.settings import Defect
from mifg_pipeline.stub.world.wordings import Said, Scenes, Wording

_MOST_COUNTED = 10
"""More things are not asked about: each is a piece of evidence."""


class Spot(NamedTuple):
    """A place in an image.

    Attributes:
        image: Its number.
        box: In pixels of the upright original.
        label: What is there.
    """

    image: int
    box: Box
    label: str


@dataclass(frozen=True)
class Question:
    """What could be asked.

    Attributes:
        wording: The form.
        said: What its fields say.
        evidence: Every place that has to be seen.
        skills: What it takes.
    """

    wording: Wording
    said: Said
    evidence: tuple[Spot, ...]
    skills: tuple[str, ...]

    @property
    def text(self) -> str:
        """The question."""
        return self.wording.write(self.said)


Find = Callable[[Scenes, random.Random], Question | None]
"""Draws a question about the scenes, or finds that they afford none of this form."""


def ask_total(scenes: Scenes, rng: random.Random) -> Question | None:
    """How many of a kind there are in all images that show it."""
    kind = _draw(_shared_kinds(scenes), rng)
    if kind is None:
        return None
    images = _showing(kind, scenes)
    said = Said(images={"images": images}, kinds={"kind": kind})
    return Question(own_wordings.TOTAL, said, _spots(kind, images, scenes), ("counting", "arithmetic"))


def ask_total_of_all(scenes: Scenes, rng: random.Random) -> Question | None:
    """As ``ask_total``, of a kind that every image shows if there is one: the order of the images does not count."""
    everywhere = {kind: None for kind in _shared_kinds(scenes) if len(_showing(kind, scenes)) == len(scenes)}
    kind = _draw(everywhere, rng)
    if kind is None:
        return ask_total(scenes, rng)
    images = tuple(sorted(scenes))
    said = Said(images={"images": images}, kinds={"kind": kind})
    return Question(own_wordings.TOTAL, said, _spots(kind, images, scenes), ("counting", "arithmetic"))


def ask_excess(scenes: Scenes, rng: random.Random) -> Question | None:
    """How many more of a kind there are in one image than in another that shows it, too."""
    pairs = [
        (kind, first, second)
        for kind in _shared_kinds(scenes)
        for first, second in itertools.permutations(_showing(kind, scenes), 2)
        if scenes[first].counts[kind] > scenes[second].counts[kind]
    ]
    if not pairs:
        return None
    more_of, first, second = rng.choice(pairs)
    said = Said(images={"first": (first,), "second": (second,)}, kinds={"kind": more_of})
    evidence = _spots(more_of, (first, second), scenes)
    return Question(own_wordings.EXCESS, said, evidence, ("counting", "comparison"))


def ask_most(scenes: Scenes, rng: random.Random) -> Question | None:
    """In which of at least three images that show a kind there are most of it."""

    def stands_out(kind: Kind) -> bool:
        counts = sorted(scenes[number].counts[kind] for number in _showing(kind, scenes))
        return len(counts) > 2 and counts[-1] > counts[-2]

    kind = _draw(filter(stands_out, _shared_kinds(scenes)), rng)
    if kind is None:
        return None
    images = _showing(kind, scenes)
    said = Said(images={"images": images}, kinds={"kind": kind})
    return Question(own_wordings.MOST, said, _spots(kind, images, scenes), ("counting", "comparison"))


def ask_sum(scenes: Scenes, rng: random.Random) -> Question | None:
    """What the numbers on signs in two images add up to."""
    numbers = [(number, sign) for number in sorted(scenes) for sign in scenes[number].signs.values() if sign.is_number]
    pairs = [(one, other) for one, other in itertools.permutations(numbers, 2) if one[0] != other[0]]
    if not pairs:
        return None
    (first, sign), (second, other) = rng.choice(pairs)
    said = Said(
        images={"first": (first,), "second": (second,)},
        words={"colour": sign.colour, "other_colour": other.colour},
    )
    evidence = (Spot(first, sign.box, f"{sign.colour} sign"), Spot(second, other.box, f"{other.colour} sign"))
    return Question(own_wordings.SUM, said, evidence, ("reading", "arithmetic"))


def ask_ambiguous(scenes: Scenes, rng: random.Random) -> Question | None:
    """How many things of a colour there are in two images, where signs of that colour may count or not."""
    pairs = [
        (kind, pair)
        for pair in itertools.combinations(sorted(scenes), 2)
        for kind in _shared_kinds({number: scenes[number] for number in pair})
        if kind.category is None and any(scenes[number].sign_plates(kind.colour or "") for number in pair)
    ]
    if not pairs:
        return None
    kind, images = rng.choice(pairs)
    said = Said(images={"images": images}, words={"colour": kind.colour or ""})
    return Question(own_wordings.TOTAL_OF_THINGS, said, _spots(kind, images, scenes), ("counting", "arithmetic"))


def ask_blind_answerable(scenes: Scenes, rng: random.Random) -> Question | None:
    """How many corners two shapes in two images have together."""
    first, second = rng.sample(sorted(scenes), 2)
    kind, other = _draw_cornered(scenes, first, rng), _draw_cornered(scenes, second, rng)
    if kind is None or other is None:
        return None
    said = Said(images={"first": (first,), "second": (second,)}, kinds={"shape": kind, "other_shape": other})
    evidence = (*_spots(kind, (first,), scenes)[:1], *_spots(other, (second,), scenes)[:1])
    return Question(own_wordings.CORNERS_OF_BOTH, said, evidence, ("visual-search", "arithmetic"))


def ask_with_spare_image(scenes: Scenes, rng: random.Random) -> Question | None:
    """What a number of things in one image and the corners of a shape in another add up to."""
    first, second = rng.sample(sorted(scenes), 2)
    shape = _draw_cornered(scenes, second, rng)
    counts = scenes[first].counts
    kind = _draw((kind for kind in counts if counts[kind] <= _MOST_COUNTED), rng)
    if shape is None or kind is None:
        return None
    said = Said(images={"first": (first,), "second": (second,)}, kinds={"kind": kind, "shape": shape})
    evidence = (*_spots(kind, (first,), scenes), *_spots(shape, (second,), scenes)[:1])
    return Question(own_wordings.TOTAL_AND_CORNERS, said, evidence, ("counting", "arithmetic"))


def ask_leaking(scenes: Scenes, rng: random.Random) -> Question | None:
    """How many of a kind there are, and the question says how many."""
    question = ask_total(scenes, rng)
    if question is None:
        return None
    (told,) = question.wording.answers(question.said, scenes)
    said = Said(question.said.images, question.said.kinds, {"told": told})
    return Question(own_wordings.TOTAL_AS_TOLD, said, question.evidence, question.skills)


SOUND: tuple[Find, ...] = (ask_total, ask_excess, ask_most, ask_sum)
"""Sound questions; with another key they have the defect ``wrong_key``."""
DEFECTIVE: Mapping[Defect, tuple[Find, ...]] = {
    "ambiguous": (ask_ambiguous,),
    "blind_answerable": (ask_blind_answerable,),
    "image_not_needed": (ask_with_spare_image,),
    "leaking": (ask_leaking,),
    "duplicate": (ask_total_of_all,),
}
"""Questions with a defect of their own."""


def _shared_kinds(scenes: Scenes) -> list[Kind]:
    """The kinds that at least two images show, in all not too often; in a fixed order."""
    counts: Counter[Kind] = Counter()
    for scene in scenes.values():
        counts.update(scene.counts)
    return [
        kind
        for kind in sorted(counts, key=lambda kind: kind.singular)
        if counts[kind] <= _MOST_COUNTED and len(_showing(kind, scenes)) > 1
    ]


def _showing(kind: Kind, scenes: Scenes) -> tuple[int, ...]:
    return tuple(number for number in sorted(scenes) if scenes[number].counts[kind])


def _draw(kinds: Iterable[Kind], rng: random.Random) -> Kind | None:
    ordered = sorted(kinds, key=lambda kind: kind.singular)
    return rng.choice(ordered) if ordered else None


def _draw_cornered(scenes: Scenes, number: int, rng: random.Random) -> Kind | None:
    """A shape with corners in that image."""
    return _draw((kind for kind in scenes[number].counts if kind.colour is None and kind.category in CORNERS), rng)


def _spots(kind: Kind, images: Iterable[int], scenes: Scenes) -> tuple[Spot, ...]:
    def spot(number: int, thing: ObjectAnnotation) -> Spot:
        return Spot(number, thing.bbox, kind.singular)

    return tuple(spot(number, thing) for number in images for thing in scenes[number].of(kind))
