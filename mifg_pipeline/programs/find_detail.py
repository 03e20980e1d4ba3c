"""Programs that magnify a small detail and ask where it is from. They need nothing but pixels."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from mifg_pipeline.items import Answer, CorpusImage, Region, Role
from mifg_pipeline.programs.choices import choice_of_images, shuffled_choice
from mifg_pipeline.programs.details import Detail, DetailFinder
from mifg_pipeline.programs.places import cells, quarters
from mifg_pipeline.programs.program import Derived, Picture, Program, Proposal
from mifg_pipeline.programs.wording import image_list, image_name

_MIN_IMAGE_SIDE = 256
_OPTIONS = 4


@dataclass(frozen=True)
class Layout:
    """The order of an item's images: the pictures as they came, the magnified details in random places among them.

    Attributes:
        images: As a proposal has them.
        roles: ``evidence`` for the pictures that the details are from, ``distractor`` for the others.
        candidates: Indices of the pictures among the images, in the order of the pictures.
        queries: Indices of the magnified details among the images, in the order of the details.
        evidence: The details in the pictures that they are from.
    """

    images: tuple[int | Derived, ...]
    roles: tuple[Role, ...]
    candidates: tuple[int, ...]
    queries: tuple[int, ...]
    evidence: tuple[Region, ...]

    @classmethod
    def of(cls, finder: DetailFinder, details: Sequence[Detail], rng: random.Random) -> "Layout":
        """Lays out all pictures of the finder and the magnified details."""
        total = len(finder.pixels) + len(details)
        queries = sorted(rng.sample(range(total), len(details)))
        candidates = [index for index in range(total) if index not in queries]
        places: dict[int, tuple[int | Derived, Role]] = {}
        for picture, index in enumerate(candidates):
            is_source = any(detail.picture == picture for detail in details)
            places[index] = (picture, "evidence" if is_source else "distractor")
        for detail, index in zip(details, queries, strict=True):
            places[index] = (finder.magnified(detail), "query")
        return cls(
            images=tuple(places[index][0] for index in range(total)),
            roles=tuple(places[index][1] for index in range(total)),
            candidates=tuple(candidates),
            queries=tuple(queries),
            evidence=tuple(Region(image=candidates[d.picture], bbox=d.box, label="detail") for d in details),
        )


class _FindDetail(Program):
    """What the forms of the family share: any picture that is not tiny will do."""

    family = "find-detail"

    def accepts(self, image: CorpusImage) -> bool:
        return min(image.width, image.height) >= _MIN_IMAGE_SIDE


class WhichImage(_FindDetail):
    """{query} is a magnified detail of one of {candidates}. Of which one?
    From which of {candidates} was the detail in {query} cut out and enlarged?
    {query} enlarges a small part of another image. Which of {candidates} contains that part?
    One of {candidates} contains, much smaller, exactly what {query} shows. Which one is it?
    """

    form = "which-image"
    picture_counts = range(2, 6)

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        finder = DetailFinder(pictures, 1, rng)
        details = finder.find_in_each(rng)
        if details is None:
            return None
        detail = rng.choice(details)
        layout = Layout.of(finder, [detail], rng)
        choice = choice_of_images(layout.candidates, layout.candidates[detail.picture])
        return Proposal(
            images=layout.images,
            roles=layout.roles,
            question=self.ask(rng, query=image_name(layout.queries[0]), candidates=image_list(layout.candidates)),
            answer=choice.answer,
            options=choice.options,
            evidence=layout.evidence,
            skills=("visual-search", "detail-matching"),
            terms={"query": layout.queries[0], "candidates": list(layout.candidates)},
        )


class WhichQuarter(_FindDetail):
    """{query} is a magnified detail of one of {candidates}. Of which one, and from which quarter of it?
    From which of {candidates}, and from which quarter of that image, was the detail in {query} cut out and enlarged?
    Somewhere in {candidates} is the small part that {query} enlarges. In which image and in which quarter of it?
    """

    form = "which-quarter"
    picture_counts = range(2, 6)

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        finder = DetailFinder(pictures, 1, rng)
        details = _in_some_quarters(finder, rng)
        if details is None:
            return None
        quarter, detail = rng.choice(details)
        layout = Layout.of(finder, [detail], rng)

        def describe(named: tuple[str, Detail]) -> str:
            return f"{image_name(layout.candidates[named[1].picture])}, {named[0]}"

        choice = shuffled_choice([describe(named) for named in details], describe((quarter, detail)), rng)
        return Proposal(
            images=layout.images,
            roles=layout.roles,
            question=self.ask(rng, query=image_name(layout.queries[0]), candidates=image_list(layout.candidates)),
            answer=choice.answer,
            options=choice.options,
            evidence=layout.evidence,
            skills=("visual-search", "detail-matching", "localisation"),
            terms={"query": layout.queries[0], "candidates": list(layout.candidates)},
        )


class WhichCell(_FindDetail):
    """{query} is a magnified detail of {candidate}. In which cell of a 3×3 grid over {candidate} does it lie?
    Divide {candidate} into a 3×3 grid. Which cell contains the detail that {query} shows enlarged?
    A small part of {candidate} is enlarged in {query}. Which cell of a 3×3 grid over {candidate} is it from?
    """

    form = "which-cell"
    picture_counts = range(1, 2)

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        finder = DetailFinder(pictures, 1, rng)
        height, width = finder.pixels[0].shape[:2]
        areas = cells(width, height)
        details: dict[str, Detail] = {}
        for name in rng.sample(list(areas), len(areas)):
            detail = finder.find(0, areas[name], rng)
            if detail is not None:
                details[name] = detail
            if len(details) == _OPTIONS:
                break
        else:
            return None
        cell = rng.choice(list(details))
        layout = Layout.of(finder, [details[cell]], rng)
        query, candidate = layout.queries[0], layout.candidates[0]
        choice = shuffled_choice(list(details), cell, rng)
        return Proposal(
            images=layout.images,
            roles=layout.roles,
            question=self.ask(rng, query=image_name(query), candidate=image_name(candidate)),
            answer=choice.answer,
            options=choice.options,
            evidence=layout.evidence,
            skills=("visual-search", "detail-matching", "localisation"),
            terms={"query": query, "candidate": candidate},
        )


class TwoDetails(_FindDetail):
    """{first} and {second} each magnify a detail of one of {candidates}. Give the two image numbers, in this order.
    Of which of {candidates} does {first} show a magnified detail, and of which does {second}? Answer with two numbers.
    {first} and {second} enlarge parts of {candidates}, perhaps both of one. Give the two source numbers, in this order.
    """

    form = "two-details"
    picture_counts = range(2, 6)

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        finder = DetailFinder(pictures, 2, rng)
        details = finder.find_in_each(rng)
        if details is None:
            return None
        others = finder.find_in_each(rng, apart_from=details)
        if others is None:
            return None
        pair = [rng.choice(details), rng.choice(others)]
        layout = Layout.of(finder, pair, rng)
        first, second = layout.queries
        sources = tuple(str(layout.candidates[detail.picture] + 1) for detail in pair)
        return Proposal(
            images=layout.images,
            roles=layout.roles,
            question=self.ask(
                rng, first=image_name(first), second=image_name(second), candidates=image_list(layout.candidates)
            ),
            answer=Answer(kind="list", value=sources, ordered=True),
            evidence=layout.evidence,
            skills=("visual-search", "detail-matching"),
            terms={"queries": [first, second], "candidates": list(layout.candidates)},
        )


def _in_some_quarters(finder: DetailFinder, rng: random.Random) -> list[tuple[str, Detail]] | None:
    """Details in four quarters of at least two pictures, or None."""
    areas = [
        (picture, name, area)
        for picture, pixels in enumerate(finder.pixels)
        for name, area in quarters(pixels.shape[1], pixels.shape[0]).items()
    ]
    found: list[tuple[str, Detail]] = []
    for picture, name, area in rng.sample(areas, len(areas)):
        detail = finder.find(picture, area, rng)
        if detail is not None:
            found.append((name, detail))
        if len(found) == _OPTIONS:
            break
    sources = {detail.picture for _, detail in found}
    return found if len(found) == _OPTIONS and len(sources) > 1 else None
