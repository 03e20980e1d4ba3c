"""Programs that ask which image differs from all others by what is annotated in it."""

import random
from abc import abstractmethod
from collections.abc import Sequence

from mifg_pipeline.items import CorpusImage
from mifg_pipeline.programs.choices import choice_of_images
from mifg_pipeline.programs.kinds import Kind, has_countable, kind_groups
from mifg_pipeline.programs.layout import in_random_order, roles_of
from mifg_pipeline.programs.program import Picture, Program, Proposal
from mifg_pipeline.programs.wording import image_list

_MAX_EVIDENCE = 40


class _OddOneOut(Program):
    """What the forms of the family share: images in random order, a kind by which one is unlike all others."""

    family = "odd-one-out"
    picture_counts = range(3, 7)

    def accepts(self, image: CorpusImage) -> bool:
        return has_countable(image)

    @abstractmethod
    def odd_one(self, kind: Kind, images: Sequence[CorpusImage]) -> int | None:
        """Index of the image that differs by this kind, or None if there is not exactly one."""

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        order, images = in_random_order(pictures, rng)
        drawn = self._draw(images, rng)
        if drawn is None:
            return None
        kind, odd = drawn
        regions = tuple(region for index, image in enumerate(images) for region in kind.regions(index, image))
        choice = choice_of_images(range(len(images)), odd)
        return Proposal(
            images=order,
            roles=roles_of({region.image for region in regions}, len(images)),
            question=self.ask(rng, images=image_list(range(len(images))), at_least_one=kind.at_least_one),
            answer=choice.answer,
            options=choice.options,
            evidence=regions,
            skills=("visual-search", "comparison"),
            terms={"images": [*range(len(images))], "category": kind.category, "colour": kind.colour},
        )

    def _draw(self, images: Sequence[CorpusImage], rng: random.Random) -> tuple[Kind, int] | None:
        """Draws a group of kinds, in it the image that differs, and then a kind."""
        groups = [
            [
                (kind, odd)
                for kind in group
                if (odd := self.odd_one(kind, images)) is not None
                and sum(kind.count(image) for image in images) <= _MAX_EVIDENCE
            ]
            for group in kind_groups(images)
        ]
        askable = [group for group in groups if group]
        if not askable:
            return None
        group = rng.choice(askable)
        chosen = rng.choice(sorted({odd for _, odd in group}))
        return rng.choice([(kind, odd) for kind, odd in group if odd == chosen])


class WhichLacks(_OddOneOut):
    """All but one of {images} show {at_least_one}. Which one does not?
    Look for {at_least_one} in each of {images}. In which image is there none?
    There is {at_least_one} in each of {images} but one. Which image lacks it?
    """

    form = "which-lacks"

    def odd_one(self, kind: Kind, images: Sequence[CorpusImage]) -> int | None:
        """The images that show the kind are the evidence; the one that lacks it has nothing to point at."""
        return _only([index for index, image in enumerate(images) if kind.count(image) == 0])


class WhichAlone(_OddOneOut):
    """Only one of {images} shows {at_least_one}. Which one?
    Look for {at_least_one} in each of {images}. Which image is the only one to have it?
    Of {images}, a single one contains {at_least_one}. Which image is that?
    """

    form = "which-alone"

    def odd_one(self, kind: Kind, images: Sequence[CorpusImage]) -> int | None:
        return _only([index for index, image in enumerate(images) if kind.count(image) > 0])


def _only(indices: Sequence[int]) -> int | None:
    return indices[0] if len(indices) == 1 else None
