"""Places go from a model's coordinates to pixels of the original and back."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mifg_pipeline.images.frame import Frame, UnusablePlaceError, least_sides, to_box, to_place

sizes = st.integers(64, 6000)


@st.composite
def framed_boxes(draw):
    width, height = draw(sizes), draw(sizes)
    frame = draw(st.sampled_from([Frame.in_thousandths(width, height), Frame(width, height, draw(sizes), draw(sizes))]))
    x = sorted(draw(st.lists(st.integers(0, width), min_size=2, max_size=2, unique=True)))
    y = sorted(draw(st.lists(st.integers(0, height), min_size=2, max_size=2, unique=True)))
    return (x[0], y[0], x[1], y[1]), frame


@given(framed_boxes())
def test_a_box_told_to_a_model_comes_back_around_itself_and_hardly_larger(case):
    box, frame = case
    place = to_place(box, frame)
    assume(max(place) > 1)  # a single unit in the corner looks like fractions
    back = to_box(place, frame)
    slack = (math.ceil(frame.width / frame.across), math.ceil(frame.height / frame.down))
    for side in range(4):
        outwards = box[side] - back[side] if side < 2 else back[side] - box[side]
        assert 0 <= outwards <= slack[side % 2]
    assert 0 <= back[0] < back[2] <= frame.width
    assert 0 <= back[1] < back[3] <= frame.height


@given(framed_boxes())
def test_where_the_image_is_sent_as_it_is_pixels_are_pixels(case):
    box, frame = case
    same = Frame(frame.width, frame.height, frame.width, frame.height)
    assert to_place(box, same) == box


def test_pixels_are_those_of_the_image_as_it_was_shown():
    assert to_box([10, 20, 110, 70], Frame(2000, 1000, 1000, 500)) == (20, 40, 220, 140)


def test_thousandths_are_of_width_and_height():
    frame = Frame.in_thousandths(2000, 500)
    assert to_box([100, 100, 200, 300], frame) == (200, 50, 400, 150)


FRAME = Frame(1000, 800, 1000, 800)


@pytest.mark.parametrize(
    ("place", "box"),
    [
        ([-1, 0, 50, 50], (0, 0, 50, 50)),
        ([950, 700, 1001, 801], (950, 700, 1000, 800)),
        ([10.4, 10.6, 20.2, 20.0], (10, 10, 21, 20)),
    ],
)
def test_places_are_clipped_by_a_unit_and_rounded_outwards(place, box):
    assert to_box(place, FRAME) == box


@pytest.mark.parametrize(
    ("place", "complaint"),
    [
        ([], "not four numbers"),
        ([1, 2, 3], "not four numbers"),
        ([1, 2, 3, 4, 5], "not four numbers"),
        ([0, 0, math.nan, 5], "not four numbers"),
        ([0, 0, math.inf, 5], "not four numbers"),
        ([50, 10, 40, 20], "no area"),
        ([10, 20, 40, 20], "no area"),
        ([0.1, 0.2, 0.5, 0.6], "looks like fractions: x goes from 0 to 1000"),
        ([-2, 0, 50, 50], "beyond the image"),
        ([900, 0, 1002, 50], "x ends at 1000, y at 800"),
        ([10, 10, 20, 1e300], "beyond the image"),
        ([1000, 10, 1001, 20], "at the very edge"),
    ],
)
def test_what_is_no_place_in_the_image_is_refused_in_words(place, complaint):
    with pytest.raises(UnusablePlaceError, match=complaint):
        to_box(place, FRAME)


@given(sizes, sizes, st.integers(1, 60))
def test_a_place_of_the_least_sides_has_them_in_the_original(width, height, side):
    frame = Frame.in_thousandths(width, height)
    across, down = least_sides(side, frame)
    if across <= 1000 and down <= 1000 and across > 1 and down > 1:
        box = to_box([0, 0, across, down], frame)
        assert box[2] >= side
        assert box[3] >= side
