"""What stands where: distances, sizes, signs, and symmetry over scenes."""

import itertools
import math
from collections import Counter
from dataclasses import astuple

import numpy as np
import pytest

from mifg_pipeline.corpus.draw.layout import Layout, lay_out
from mifg_pipeline.corpus.draw.scene import describe
from mifg_pipeline.corpus.draw.vocabulary import CATEGORIES, COLOURS, LARGE_SIDES, PAINTS, SIGN, SMALL_SIDES, SURFACES

CLEARANCE = 8


@pytest.fixture(scope="module")
def layouts() -> list[Layout]:
    return [lay_out(3, index) for index in range(400)]


def shapes(layout):
    return [thing for thing in layout.things if thing.category != SIGN]


def signs(layout):
    return [thing for thing in layout.things if thing.category == SIGN]


def gap(one, other):
    """Pixels between two boxes along the axis on which they are further apart; negative where they overlap."""
    (x0, y0, w0, h0), (x1, y1, w1, h1) = one, other
    return max(x1 - x0 - w0, x0 - x1 - w1, y1 - y0 - h0, y0 - y1 - h1)


def test_things_keep_clear_of_each_other(layouts):
    for layout in layouts[:100]:
        boxes = [thing.box for thing in layout.things]
        assert min(gap(one, other) for one, other in itertools.combinations(boxes, 2)) >= CLEARANCE


def test_things_keep_clear_of_the_border(layouts):
    for layout in layouts:
        for x, y, width, height in (thing.box for thing in layout.things):
            assert min(x, y, layout.width - x - width, layout.height - y - height) >= CLEARANCE


def test_scenes_have_one_to_two_megapixels_in_several_formats(layouts):
    assert all(1_000_000 <= layout.width * layout.height <= 2_000_000 for layout in layouts)
    ratios = Counter(round(layout.width / layout.height, 1) for layout in layouts)
    assert {0.6, 0.7, 0.8, 1.3, 1.5, 1.8} <= set(ratios)


def test_small_and_large_can_be_told_by_the_longest_side(layouts):
    assert LARGE_SIDES.start - SMALL_SIDES.stop >= 10
    for shape in itertools.chain.from_iterable(map(shapes, layouts)):
        assert max(shape.box[2:]) in (SMALL_SIDES if shape.size == "small" else LARGE_SIDES)


def test_things_lie_at_their_boxes(layouts):
    for thing in itertools.chain.from_iterable(layout.things for layout in layouts[:50]):
        x, y, width, height = thing.box
        low = thing.form.contours[0].min(axis=0) - thing.form.rounding
        high = thing.form.contours[0].max(axis=0) + thing.form.rounding
        assert low == pytest.approx((x, y), abs=1e-3)
        assert (np.array([x + width, y + height]) - high > -1e-3).all()
        assert (np.array([x + width, y + height]) - high < 1).all()


def test_signs_of_a_scene_differ_in_plate_colour_and_text(layouts):
    for plates in map(signs, layouts):
        assert 2 <= len(plates) <= 4
        assert len({sign.colour for sign in plates}) == len({sign.text for sign in plates}) == len(plates)


def test_every_scene_has_a_number_sign_and_a_word_or_code_sign(layouts):
    for plates in map(signs, layouts):
        assert {sign.text.isdigit() for sign in plates} == {True, False}


def test_numbers_have_two_to_four_digits_and_no_leading_zero(layouts):
    numbers = [sign.text for sign in itertools.chain.from_iterable(map(signs, layouts)) if sign.text.isdigit()]
    assert all(2 <= len(number) <= 4 and number[0] != "0" for number in numbers)
    assert set("".join(numbers)) == set("0123456789")


def test_words_and_codes_hold_no_look_alikes(layouts):
    texts = [sign.text for sign in itertools.chain.from_iterable(map(signs, layouts)) if not sign.text.isdigit()]
    assert all(3 <= len(text) <= 6 and text.isalnum() and text.isupper() for text in texts)
    assert not set("".join(texts)) & set("0O1IL5S8B2Z6GQ")


def test_colours_have_distinct_hues():
    vivid = [PAINTS[colour] for colour in COLOURS if colour not in ("black", "white")]
    for one, other in itertools.combinations(vivid, 2):
        apart = abs((one.hue - other.hue + 180) % 360 - 180)
        assert apart - one.hue_spread - other.hue_spread >= 18


@pytest.mark.parametrize("attribute", ["category", "colour"])
def test_shares_are_uniform_over_scenes(layouts, attribute):
    names = {"category": CATEGORIES, "colour": COLOURS}[attribute]
    counts = [Counter(getattr(shape, attribute) for shape in shapes(layout)) for layout in layouts]
    shares = np.array([[count[name] / count.total() for name in names] for count in counts])
    error = shares.std(axis=0) / math.sqrt(len(layouts))
    assert (abs(shares.mean(axis=0) - 1 / len(names)) < 4 * error).all()


def test_surfaces_all_occur_about_equally_often(layouts):
    counts = Counter(layout.surface for layout in layouts)
    assert set(counts) == set(SURFACES)
    expected = len(layouts) / len(SURFACES)
    assert sum((count - expected) ** 2 / expected for count in counts.values()) < 27  # chi-squared, 8 d.f., p = 0.0007


@pytest.mark.parametrize("attribute", ["category", "colour"])
def test_counts_per_category_and_per_colour_vary_widely(layouts, attribute):
    names = {"category": CATEGORIES, "colour": COLOURS}[attribute]
    counts = [
        Counter(getattr(shape, attribute) for shape in shapes(layout))[name] for layout in layouts for name in names
    ]
    share = Counter(counts)
    assert max(share.values()) / len(counts) < 0.35
    assert all(share[count] / len(counts) > 0.03 for count in range(9))


def test_absent_single_and_repeated_kinds_are_common(layouts):
    counts = Counter(
        Counter((shape.category, shape.colour) for shape in shapes(layout))[pair]
        for layout in layouts
        for pair in itertools.product(CATEGORIES, COLOURS)
    )
    assert counts[0] / counts.total() > 0.4
    assert counts[1] / len(layouts) > 5
    assert sum(counts[count] for count in range(3, 10)) / len(layouts) > 2


def test_the_same_seed_and_index_give_the_same_layout():
    assert describe(lay_out(5, 9), 5, 9) == describe(lay_out(5, 9), 5, 9)


@pytest.mark.parametrize("other", [(6, 9), (5, 10), (59, 0)])
def test_another_seed_or_index_gives_another_layout(other):
    assert [astuple(thing)[:3] for thing in lay_out(5, 9).things] != [
        astuple(thing)[:3] for thing in lay_out(*other).things
    ]
