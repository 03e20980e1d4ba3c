"""Programs that magnify a small detail of each picture and ask which belongs to which. They need only pixels."""

import itertools
import random
from collections.abc import Sequence

from mifg_pipeline.items import Answer, CorpusImage
from mifg_pipeline.programs.choices import shuffled_choice
from mifg_pipeline.programs.details import Detail, DetailFinder
from mifg_pipeline.programs.find_detail import Layout
from mifg_pipeline.programs.program import Picture, Program, Proposal
from mifg_pipeline.programs.wording import image_list

_MIN_IMAGE_SIDE = 256
_OPTIONS = 4
_SKILLS = ("visual-search", "detail-matching", "comparison")


class _Match(Program):
    """What the forms of the family share: three or four pictures that are not tiny."""

    family = "match"
    picture_counts = range(3, 5)

    def accepts(self, image: CorpusImage) -> bool:
        return min(image.width, image.height) >= _MIN_IMAGE_SIDE


class DetailsToImages(_Match):
    """{details} each magnify a detail of another one of {images}. Give the image number for each detail, in this order.
    To which of {images} does each detail in {details} belong? Give as many numbers as details, in the details' order.
    Each of {images} has one small part that is enlarged in {details}. List the numbers of the sources in that order.
    """

    form = "details-to-images"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        finder = DetailFinder(pictures, len(pictures), rng)
        found = finder.find_in_each(rng)
        if found is None:
            return None
        details = rng.sample(found, len(found))
        layout = Layout.of(finder, details, rng)
        return Proposal(
            images=layout.images,
            roles=layout.roles,
            question=self.ask(rng, details=image_list(layout.queries), images=image_list(layout.candidates)),
            answer=Answer(kind="list", value=_numbers_of_sources(layout, details), ordered=True),
            evidence=layout.evidence,
            skills=_SKILLS,
            terms={"details": list(layout.queries), "images": list(layout.candidates)},
        )


class WhichPairing(_Match):
    """{details} each magnify a detail of another one of {images}. Which pairing (detail–image) is right?
    Each detail in {details} belongs to another one of {images}. Which option pairs them rightly, as detail–image?
    Pair the enlarged details in {details} with {images}, which they were cut from. Which list of detail–image is right?
    """

    form = "which-pairing"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        finder = DetailFinder(pictures, len(pictures), rng)
        found = finder.find_in_each(rng)
        if found is None:
            return None
        orders = rng.sample(list(itertools.permutations(found)), _OPTIONS)
        details = rng.choice(orders)
        layout = Layout.of(finder, details, rng)
        pairings = [_pairing(layout, order) for order in orders]
        choice = shuffled_choice(pairings, _pairing(layout, details), rng)
        return Proposal(
            images=layout.images,
            roles=layout.roles,
            question=self.ask(rng, details=image_list(layout.queries), images=image_list(layout.candidates)),
            answer=choice.answer,
            options=choice.options,
            evidence=layout.evidence,
            skills=_SKILLS,
            terms={"details": list(layout.queries), "images": list(layout.candidates)},
        )


def _numbers_of_sources(layout: Layout, details: Sequence[Detail]) -> tuple[str, ...]:
    return tuple(str(layout.candidates[detail.picture] + 1) for detail in details)


def _pairing(layout: Layout, details: Sequence[Detail]) -> str:
    """The pairing by which the layout's queries would show these details, such as "4–2, 5–3, 6–1"."""
    sources = _numbers_of_sources(layout, details)
    return ", ".join(f"{query + 1}–{source}" for query, source in zip(layout.queries, sources, strict=True))
