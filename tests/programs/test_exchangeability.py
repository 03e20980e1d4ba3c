"""Every option is equally likely to be the key, so that the text alone tells nothing."""

import itertools
import random
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache

import pytest
from scipy.stats import chisquare

from mifg_pipeline.programs import Picture, all_programs, program_named

Drawn = Callable[[str], list[tuple[tuple[str, ...], str]]]

ALPHA = 0.001
CHOICES = [
    "compare/which-fewest",
    "compare/which-largest",
    "compare/which-leftmost",
    "compare/which-most",
    "count-across/total-choice",
    "find-detail/which-cell",
    "find-detail/which-image",
    "find-detail/which-quarter",
    "match/which-pairing",
    "odd-one-out/which-alone",
    "odd-one-out/which-lacks",
    "read-across/which-image",
    "read-across/which-largest",
    "read-across/which-text",
    "relate/nearest",
    "relate/which-side",
    "same-scene/which-match",
    "spot-change/which-cell",
    "spot-change/which-higher",
    "spot-change/which-unedited",
]
# Choices over pixels cost more to draw.
ANNOTATED = ("compare", "count-across", "odd-one-out", "read-across", "relate")
COUNTS = {name: 1500 if name.startswith(ANNOTATED) else 240 for name in CHOICES}


@pytest.fixture(scope="module")
def drawn(proposals, words_of) -> Drawn:
    """Options and key of many proposals of the named program, drawn once."""

    @cache
    def draw(name: str) -> list[tuple[tuple[str, ...], str]]:
        return [(proposal.options, words_of(proposal)) for _, proposal in proposals(name, COUNTS[name])]

    return draw


def assert_as_expected(observed: Mapping[object, float], expected: Mapping[object, float]) -> None:
    frequent = [value for value, count in expected.items() if count >= 5]
    assert len(frequent) > 1
    seen = [observed.get(value, 0) for value in frequent]
    wanted = [expected[value] for value in frequent]
    total = sum(seen)
    assert chisquare(seen, [count * total / sum(wanted) for count in wanted]).pvalue > ALPHA


def test_all_choices_are_tested(proposals) -> None:
    drawn = {program.name: next(proposals(program.name, 1))[1] for program in all_programs()}
    assert sorted(name for name, proposal in drawn.items() if proposal.options is not None) == CHOICES


@pytest.mark.parametrize("name", CHOICES)
def test_key_takes_all_positions_alike(name: str, drawn: Drawn) -> None:
    observed: Counter[tuple[int, int]] = Counter()
    expected: Counter[tuple[int, int]] = Counter()
    for options, key in drawn(name):
        size = len(options)
        observed[size, options.index(key)] += 1
        expected.update({(size, position): 1 / size for position in range(size)})
    assert_as_expected(observed, expected)


# No pairing comes up often enough to be counted; their ranks are. For nearest see below.
@pytest.mark.parametrize("name", [name for name in CHOICES if name not in ("match/which-pairing", "relate/nearest")])
def test_key_takes_all_values_alike(name: str, drawn: Drawn) -> None:
    observed: Counter[str] = Counter()
    expected: Counter[str] = Counter()
    for options, key in drawn(name):
        observed[key] += 1
        expected.update(dict.fromkeys(options, 1 / len(options)))
    assert_as_expected(observed, expected)


def test_nearest_takes_all_kinds_alike_over_pictures_drawn_anew(draw_annotated, words_of) -> None:
    """What is nearest to what is fixed in a picture, so the same pictures again would be no further evidence."""
    program, rng = program_named("relate/nearest"), random.Random(0)
    observed: Counter[str] = Counter()
    expected: Counter[str] = Counter()
    for seed in range(10_000, 14_000, 2):
        proposal = program.propose([draw_annotated(seed), draw_annotated(seed + 1)], rng)
        if proposal is not None:
            observed[words_of(proposal)] += 1
            expected.update(dict.fromkeys(proposal.options, 1 / 4))
    assert_as_expected(observed, expected)


@pytest.mark.parametrize("name", ["match/which-pairing", "count-across/total-choice", "read-across/which-text"])
def test_key_takes_all_ranks_alike(name: str, drawn: Drawn) -> None:
    observed: Counter[int] = Counter()
    for options, key in drawn(name):
        ordered = sorted(options, key=lambda option: (len(option), option))
        observed[ordered.index(key)] += 1
    assert_as_expected(observed, dict.fromkeys(range(4), COUNTS[name] / 4))


@pytest.mark.parametrize(
    "name", ["find-detail/which-image", "spot-change/which-unedited", "read-across/which-largest", "compare/which-most"]
)
def test_images_are_offered_in_natural_order(name: str, proposals) -> None:
    for _, proposal in proposals(name, 30):
        assert list(proposal.options) == sorted(proposal.options)


def test_the_same_pictures_give_the_key_every_position(annotated_pictures: list[Picture]) -> None:
    program = program_named("read-across/which-largest")
    pairs = itertools.combinations([picture for picture in annotated_pictures if program.accepts(picture.image)], 2)
    pair = next(pair for pair in pairs if program.propose(pair, random.Random(0)) is not None)
    keys = [program.propose(pair, random.Random(seed)).answer.value for seed in range(400)]
    assert chisquare([keys.count("A"), keys.count("B")]).pvalue > ALPHA
