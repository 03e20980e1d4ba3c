"""Programs that compare images by the number, place or size of what is annotated in them."""

import random
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

from mifg_pipeline.items import CorpusImage, ObjectAnnotation
from mifg_pipeline.programs.choices import choice_of_images
from mifg_pipeline.programs.clarity import box_area, outlined_area
from mifg_pipeline.programs.kinds import Kind, has_countable, kind_groups
from mifg_pipeline.programs.layout import in_random_order, roles_of
from mifg_pipeline.programs.program import Picture, Program, Proposal
from mifg_pipeline.programs.wording import image_list

_MAX_EVIDENCE = 40
_LEFT_MARGIN = 0.06
"""Of the image's width: by so much an object is clearly farther to the left."""
_SIZE_MARGIN = 1.4
"""An object that covers that many times the part of its image is clearly larger."""


class Comparison(NamedTuple):
    """A kind by which images can be compared.

    Attributes:
        kind: The kind.
        compared: Indices of the images, in their order.
        key: Index of the image that stands out.
    """

    kind: Kind
    compared: tuple[int, ...]
    key: int


class _Compare(Program):
    """What the forms of the family share: images in random order, a kind by which one of them stands out."""

    family = "compare"
    picture_counts = range(2, 6)
    placed: ClassVar[bool] = False
    skills: ClassVar[tuple[str, ...]]

    def accepts(self, image: CorpusImage) -> bool:
        return has_countable(image)

    @abstractmethod
    def compare(self, kind: Kind, images: Sequence[CorpusImage]) -> Comparison | None:
        """Compares by this kind, or returns None where nothing clearly stands out."""

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        order, images = in_random_order(pictures, rng)
        groups = [
            [found for kind in group if (found := self.compare(kind, images)) is not None]
            for group in kind_groups(images, placed=self.placed)
        ]
        drawn = _draw([group for group in groups if group], rng)
        if drawn is None:
            return None
        kind, compared, key = drawn
        regions = tuple(region for index in compared for region in kind.regions(index, images[index]))
        choice = choice_of_images(compared, key)
        return Proposal(
            images=order,
            roles=roles_of({region.image for region in regions}, len(images)),
            question=self.ask(rng, images=image_list(compared), **self.words(kind)),
            answer=choice.answer,
            options=choice.options,
            evidence=regions,
            skills=self.skills,
            terms={"images": [*compared], "category": kind.category, "colour": kind.colour},
        )

    @abstractmethod
    def words(self, kind: Kind) -> dict[str, str]:
        """The kind as the wordings call it."""


class WhichMost(_Compare):
    """Which of {images} shows the most {kind}?
    In which of {images} are there more {kind} than in any other?
    Count the {kind} in each of {images}. Which image has the most?
    """

    form = "which-most"
    skills = ("counting", "comparison")

    def compare(self, kind: Kind, images: Sequence[CorpusImage]) -> Comparison | None:
        counts = {index: kind.count(image) for index, image in enumerate(images)}
        several_have_some = sum(count > 0 for count in counts.values()) > 1
        key = _only_index_of(counts, max(counts.values()))
        if key is None or not several_have_some or sum(counts.values()) > _MAX_EVIDENCE:
            return None
        return Comparison(kind, tuple(counts), key)

    def words(self, kind: Kind) -> dict[str, str]:
        return {"kind": kind.plural}


class WhichFewest(_Compare):
    """Which of {images} shows the fewest {kind}?
    In which of {images} are there fewer {kind} than in any other?
    Count the {kind} in each of {images}. Which image has the fewest?
    """

    form = "which-fewest"
    skills = ("counting", "comparison")

    def compare(self, kind: Kind, images: Sequence[CorpusImage]) -> Comparison | None:
        counts = {index: count for index, image in enumerate(images) if (count := kind.count(image)) > 0}
        if len(counts) < 2 or sum(counts.values()) > _MAX_EVIDENCE:
            return None
        key = _only_index_of(counts, min(counts.values()))
        return None if key is None else Comparison(kind, tuple(counts), key)

    def words(self, kind: Kind) -> dict[str, str]:
        return {"kind": kind.plural}


class WhichLeftmost(_Compare):
    """Each of {images} shows {one}. In which image is it nearest to the left edge, in relation to the image's width?
    There is {one} in each of {images}. In which image is it farthest to the left, measured as a share of the width?
    """

    form = "which-leftmost"
    placed = True
    skills = ("localisation", "comparison")

    def compare(self, kind: Kind, images: Sequence[CorpusImage]) -> Comparison | None:
        """Whether one measures from the object's left side or from its centre makes no difference."""
        things = _one_each(kind, images)
        sides = {index: thing.bbox[0] / images[index].width for index, thing in things.items()}
        centres = {index: sum(thing.bbox[::2]) / 2 / images[index].width for index, thing in things.items()}
        if len(things) < 2:
            return None
        first = min(sides, key=sides.__getitem__)
        is_clear = all(
            measure[index] - measure[first] >= _LEFT_MARGIN
            for measure in (sides, centres)
            for index in things
            if index != first
        )
        return Comparison(kind, tuple(things), first) if is_clear else None

    def words(self, kind: Kind) -> dict[str, str]:
        return {"one": kind.exactly_one}


class WhichLargest(_Compare):
    """Each of {images} shows {one}. In which image does it cover the largest part of the image?
    There is {one} in each of {images}. In which image does it take up the largest share of the area?
    """

    form = "which-largest"
    placed = True
    skills = ("size", "comparison")

    def compare(self, kind: Kind, images: Sequence[CorpusImage]) -> Comparison | None:
        """Whether one measures boxes or, where they are annotated, outlines makes no difference."""
        things = _one_each(kind, images)
        if len(things) < 2:
            return None
        boxes = {index: box_area(thing.bbox) / _area(images[index]) for index, thing in things.items()}
        outlines = {
            index: outlined / _area(images[index])
            for index, thing in things.items()
            if (outlined := outlined_area(thing)) is not None
        }
        first = max(boxes, key=boxes.__getitem__)
        measures = (boxes, outlines) if len(outlines) == len(things) else (boxes,)
        is_clear = all(
            measure[first] >= _SIZE_MARGIN * measure[index]
            for measure in measures
            for index in things
            if index != first
        )
        return Comparison(kind, tuple(things), first) if is_clear else None

    def words(self, kind: Kind) -> dict[str, str]:
        return {"one": kind.exactly_one}


def _draw(groups: Sequence[Sequence[Comparison]], rng: random.Random) -> Comparison | None:
    """Draws a group, of its comparisons with most images the image that stands out, and then one of these."""
    if not groups:
        return None
    group = rng.choice(groups)
    most = max(len(found.compared) for found in group)
    widest = [found for found in group if len(found.compared) == most]
    key = rng.choice(sorted({found.key for found in widest}))
    return rng.choice([found for found in widest if found.key == key])


def _only_index_of(counts: Mapping[int, int], wanted: int) -> int | None:
    """The image with that count, or None if several have it."""
    holders = [index for index, count in counts.items() if count == wanted]
    return holders[0] if len(holders) == 1 else None


def _one_each(kind: Kind, images: Sequence[CorpusImage]) -> dict[int, ObjectAnnotation]:
    """The object of the kind, by image, for the images that show exactly one."""
    covered = {index: [thing for thing in image.objects if kind.covers(thing)] for index, image in enumerate(images)}
    return {index: things[0] for index, things in covered.items() if len(things) == 1}


def _area(image: CorpusImage) -> int:
    return image.width * image.height
