"""How many shapes of which kind a scene has: skewed, so that repeated, single and absent kinds all occur."""

import random
from dataclasses import dataclass

from mifg_pipeline.corpus.draw.vocabulary import CATEGORIES, COLOURS

SHAPES_PER_SCENE = range(16, 59)
REPEATS = range(3, 10)
"""How many shapes a repeated kind has."""


@dataclass(frozen=True)
class Kind:
    """So many shapes of one category and one colour."""

    category: str
    colour: str
    count: int


def draw_kinds(rng: random.Random) -> list[Kind]:
    """The kinds of one scene; by symmetry no category, colour or pair is more likely than another."""
    counts = _draw_counts(rng)
    pairs = _draw_pairs(rng, len(counts))
    return [Kind(category, colour, count) for (category, colour), count in zip(pairs, counts, strict=True)]


def _draw_counts(rng: random.Random) -> list[int]:
    """Counts per kind: some repeated kinds, and the rest in ones and twos with at least three ones."""
    total = rng.choice(SHAPES_PER_SCENE)
    counts: list[int] = []
    budget = round(total * rng.uniform(0.4, 0.75))
    while budget >= REPEATS.start:
        counts.append(min(budget, rng.choice(REPEATS)))
        budget -= counts[-1]
    counts += [1, 1, 1]
    while sum(counts) < total:
        counts.append(rng.choice((1, 1, 1, 2)))
    return counts


def _draw_pairs(rng: random.Random, count: int) -> list[tuple[str, str]]:
    """That many pairs of category and colour, out of a scene's own few categories and colours."""
    while True:
        categories = rng.sample(CATEGORIES, rng.randint(4, len(CATEGORIES)))
        colours = rng.sample(COLOURS, rng.randint(4, len(COLOURS)))
        if len(categories) * len(colours) >= count:
            return rng.sample([(category, colour) for category in categories for colour in colours], count)
