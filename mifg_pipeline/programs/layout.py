"""Order and roles of an item's images."""

import random
from collections.abc import Collection, Sequence

from mifg_pipeline.items import CorpusImage, Role
from mifg_pipeline.programs.program import Picture


def in_random_order(pictures: Sequence[Picture], rng: random.Random) -> tuple[tuple[int, ...], list[CorpusImage]]:
    """The pictures' indices in random order, so that no position means anything, and their records in that order."""
    order = tuple(rng.sample(range(len(pictures)), len(pictures)))
    return order, [pictures[index].image for index in order]


def roles_of(evidence: Collection[int], count: int) -> tuple[Role, ...]:
    """Roles of that many images: ``evidence`` for those with the given indices, ``distractor`` for the others."""
    return tuple("evidence" if index in evidence else "distractor" for index in range(count))
