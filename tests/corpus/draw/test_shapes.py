"""Geometry of the shapes."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.corpus.draw.layout import MAX_TILT
from mifg_pipeline.corpus.draw.shapes import DOT_RADIUS, outline
from mifg_pipeline.corpus.draw.vocabulary import CATEGORIES, LARGE_SIDES, SMALL_SIDES

categories = st.sampled_from(CATEGORIES)
tilts = st.floats(-MAX_TILT, MAX_TILT)
sides = st.sampled_from([*SMALL_SIDES, *LARGE_SIDES])


def distance_inside(point, contour):
    """How far inside a contour a point lies; negative outside."""
    return cv2.pointPolygonTest(contour.astype(np.float32), tuple(map(float, point)), measureDist=True)


@given(categories, sides, tilts)
def test_the_longest_side_is_as_asked_at_every_angle(category, side, tilt):
    assert max(outline(category, side, tilt).extent()) == pytest.approx(side)


@given(categories, sides, tilts)
def test_the_shortest_side_is_large_enough_to_zoom_into(category, side, tilt):
    assert min(outline(category, side, tilt).extent()) >= 28


@given(categories, sides, tilts)
def test_dots_lie_well_inside_the_shape(category, side, tilt):
    shape = outline(category, side, tilt)
    clearance = DOT_RADIUS * side + 0.02 * side
    for dot in shape.dots:
        assert distance_inside(dot, shape.contours[0]) + shape.rounding >= clearance
        for hole in shape.contours[1:]:
            assert -distance_inside(dot, hole) + shape.rounding >= clearance


@given(categories, sides, tilts)
def test_dots_do_not_touch_each_other(category, side, tilt):
    dots = outline(category, side, tilt).dots
    gaps = np.linalg.norm(dots[:, None] - dots[None], axis=-1) + 1e9 * np.eye(len(dots))
    assert gaps.min() >= 2.2 * DOT_RADIUS * side


@given(categories, sides, tilts, st.floats(0, 500), st.floats(0, 500))
def test_moving_puts_the_corner_of_the_extent_where_asked(category, side, tilt, x, y):
    moved = outline(category, side, tilt).moved(x, y)
    assert moved.contours[0].min(axis=0) - moved.rounding == pytest.approx((x, y))
