"""Programs that count annotated objects over several images."""

import itertools
import random
from collections.abc import Sequence
from typing import TypeVar

from pydantic import JsonValue

from mifg_pipeline.items import Answer, CorpusImage, Region, Role
from mifg_pipeline.programs.choices import shuffled_choice
from mifg_pipeline.programs.kinds import (
    MAX_COUNT,
    Kind,
    anchors,
    draw_kind,
    draw_telling_kind,
    has_countable,
    kind_groups,
)
from mifg_pipeline.programs.layout import in_random_order, roles_of
from mifg_pipeline.programs.program import Picture, Program, Proposal
from mifg_pipeline.programs.wording import image_list, image_name, with_article

Value = TypeVar("Value")

_MAX_EVIDENCE = 40
_OPTIONS = 4


class _CountAcross(Program):
    """What the forms of the family share: images with annotated objects, in random order."""

    family = "count-across"
    picture_counts = range(2, 7)

    def accepts(self, image: CorpusImage) -> bool:
        return has_countable(image)


class Total(_CountAcross):
    """How many {kind} are there in {images} together?
    Count the {kind} in {images}. What is the total?
    Taking {images} together, how many {kind} do they show?
    """

    form = "total"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        order, images = in_random_order(pictures, rng)
        kind = draw_kind(images, lambda kind: _countable_total(kind, images), rng)
        if kind is None:
            return None
        regions, roles = _occurrences(kind, images)
        return Proposal(
            images=order,
            roles=roles,
            question=self.ask(rng, kind=kind.plural, images=image_list(range(len(images)))),
            answer=Answer(kind="integer", value=len(regions)),
            evidence=regions,
            skills=("counting", "arithmetic"),
            terms={"images": list(range(len(images))), **_terms(kind)},
        )


class TotalChoice(_CountAcross):
    """How many {kind} are there in {images} together?
    What is the number of {kind} in all of {images}?
    What is the total count of {kind} over {images}?
    """

    form = "total-choice"
    picture_counts = range(4, 7)

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        order, images = in_random_order(pictures, rng)
        offer = _draw_offer(images, rng)
        if offer is None:
            return None
        kind, counted_by_total = offer
        total = rng.choice(list(counted_by_total))
        counted = counted_by_total[total]
        regions = tuple(region for index in counted for region in kind.regions(index, images[index]))
        choice = shuffled_choice([str(option) for option in counted_by_total], str(total), rng)
        return Proposal(
            images=order,
            roles=roles_of({region.image for region in regions}, len(images)),
            question=self.ask(rng, kind=kind.plural, images=image_list(counted)),
            answer=choice.answer,
            options=choice.options,
            evidence=regions,
            skills=("counting", "arithmetic"),
            terms={"images": list(counted), **_terms(kind)},
        )


class ImagesWith(_CountAcross):
    """In how many of {images} is there {at_least_one}?
    How many of {images} show {at_least_one}?
    Look for {at_least_one} in each of {images}. In how many of them do you find it?
    """

    form = "images-with"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        order, images = in_random_order(pictures, rng)

        def images_with(kind: Kind) -> int | None:
            counts = [kind.count(image) for image in images]
            return sum(count > 0 for count in counts) if sum(counts) <= _MAX_EVIDENCE else None

        kind = draw_kind(images, images_with, rng)
        if kind is None:
            return None
        regions, roles = _occurrences(kind, images)
        return Proposal(
            images=order,
            roles=roles,
            question=self.ask(rng, at_least_one=kind.at_least_one, images=image_list(range(len(images)))),
            answer=Answer(kind="integer", value=images_with(kind) or 0),
            evidence=regions,
            skills=("visual-search", "counting"),
            terms={"images": list(range(len(images))), **_terms(kind)},
        )


class Difference(_CountAcross):
    """How many more {kind} are there in {first} than in {second}?
    {first} shows more {kind} than {second}. How many more?
    By how much does the number of {kind} in {first} exceed that in {second}?
    """

    form = "difference"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        order, images = in_random_order(pictures, rng)
        pairs = list(itertools.permutations(range(len(images)), 2))
        for first, second in rng.sample(pairs, len(pairs)):

            def excess(
                kind: Kind, more: CorpusImage = images[first], fewer: CorpusImage = images[second]
            ) -> int | None:
                counts = kind.count(more), kind.count(fewer)
                return counts[0] - counts[1] if counts[0] > counts[1] > 0 and sum(counts) <= MAX_COUNT else None

            kind = draw_kind((images[first], images[second]), excess, rng)
            if kind is not None:
                break
        else:
            return None
        regions = (*kind.regions(first, images[first]), *kind.regions(second, images[second]))
        return Proposal(
            images=order,
            roles=roles_of((first, second), len(images)),
            question=self.ask(rng, kind=kind.plural, first=image_name(first), second=image_name(second)),
            answer=Answer(kind="integer", value=kind.count(images[first]) - kind.count(images[second])),
            evidence=regions,
            skills=("counting", "comparison", "arithmetic"),
            terms={"first": first, "second": second, **_terms(kind)},
        )


class BesideAnchor(_CountAcross):
    """Exactly one of {images} shows {anchor}. How many {kind} are there in that image?
    Find the image among {images} that contains {anchor}. How many {kind} does it show?
    How many {kind} are in the only one of {images} in which there is {anchor}?
    """

    form = "beside-anchor"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        order, images = in_random_order(pictures, rng)
        found = anchors(images)
        for anchor in rng.sample(found, len(found)):
            kind = draw_telling_kind(anchor.image, images, rng, beside=anchor.thing_in(images))
            if kind is not None:
                break
        else:
            return None
        image = images[anchor.image]
        return Proposal(
            images=order,
            roles=roles_of((anchor.image,), len(images)),
            question=self.ask(
                rng, kind=kind.plural, anchor=with_article(anchor.kind.singular), images=image_list(range(len(images)))
            ),
            answer=Answer(kind="integer", value=kind.count(image)),
            evidence=(*anchor.kind.regions(anchor.image, image), *kind.regions(anchor.image, image)),
            skills=("visual-search", "counting", "two-hop"),
            terms={
                "images": list(range(len(images))),
                **_terms(kind),
                "anchor_category": anchor.kind.category,
                "anchor_colour": anchor.kind.colour,
            },
        )


def _terms(kind: Kind) -> dict[str, JsonValue]:
    return {"category": kind.category, "colour": kind.colour}


def _occurrences(kind: Kind, images: Sequence[CorpusImage]) -> tuple[tuple[Region, ...], tuple[Role, ...]]:
    """Where the kind occurs; images in which it does are evidence, the others distractors."""
    regions = tuple(region for index, image in enumerate(images) for region in kind.regions(index, image))
    return regions, roles_of({region.image for region in regions}, len(images))


def _countable_total(kind: Kind, images: Sequence[CorpusImage]) -> int | None:
    total = sum(kind.count(image) for image in images)
    return total if total <= MAX_COUNT else None


def _draw_offer(images: Sequence[CorpusImage], rng: random.Random) -> tuple[Kind, dict[int, tuple[int, ...]]] | None:
    """Draws a kind and sets of equally many images with different totals of it, as many as there are options.

    All options are thus totals of one kind over as many images, and images stand in random order: which kinds are
    frequent in a corpus tells nothing about which option is right.
    """
    kinds = [kind for group in _shuffled(kind_groups(images), rng) for kind in _shuffled(group, rng)]
    size = rng.randrange(2, len(images))
    subsets = list(itertools.combinations(range(len(images)), size))
    for kind in kinds:
        counted_by_total: dict[int, tuple[int, ...]] = {}
        for counted in _shuffled(subsets, rng):
            total = sum(kind.count(images[index]) for index in counted)
            if 0 < total <= MAX_COUNT:
                counted_by_total.setdefault(total, counted)
            if len(counted_by_total) == _OPTIONS:
                return kind, counted_by_total
    return None


def _shuffled(values: Sequence[Value], rng: random.Random) -> list[Value]:
    return rng.sample(values, len(values))
