"""Boxes on their way from a declaration to the image they must fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.corpus.annotations import (
    EDGE_SLACK,
    Annotation,
    InvalidAnnotationError,
    declare_object,
    fit_objects,
)

coordinates = st.integers(-400_000, 400_000).map(lambda thousandths: thousandths / 1000)
extents = st.integers(1, 400_000).map(lambda thousandths: thousandths / 1000)


@given(x=coordinates, y=coordinates, width=extents, height=extents)
def test_corners_are_the_smallest_whole_box_around_the_declared_one(
    x: float, y: float, width: float, height: float
) -> None:
    x0, y0, x1, y1 = declare_object([x, y, width, height], "cat", None, None).corners

    for low, high, start, extent in ((x0, x1, x, width), (y0, y1, y, height)):
        assert low <= start < low + 1
        assert high - 1.0001 < start + extent <= high + 0.0001


def test_floating_point_dust_does_not_widen_a_box() -> None:
    assert declare_object([1 - 1e-14, 0, 100 + 2e-14, 1], "cat", None, None).corners == (1, 0, 101, 1)


@given(x=coordinates, y=coordinates, width=extents, height=extents)
def test_fitted_box_lies_in_the_image_and_near_the_declared_one(
    x: float, y: float, width: float, height: float
) -> None:
    thing = declare_object([x, y, width, height], "cat", None, None)
    reasons: list[str] = []

    fitted = fit_objects(Annotation(objects=(thing,)), 200, 100, reasons.append)

    assert len(fitted) + len(reasons) == 1
    for kept in fitted:
        x0, y0, x1, y1 = kept.bbox
        assert 0 <= x0 < x1 <= 200
        assert 0 <= y0 < y1 <= 100
        assert max(abs(a - b) for a, b in zip(kept.bbox, thing.corners, strict=True)) <= EDGE_SLACK


@given(st.lists(st.one_of(st.floats(), st.integers(), st.none(), st.text(), st.booleans()), max_size=5))
def test_any_other_box_is_an_annotation_error(box: list[object]) -> None:
    try:
        declared = declare_object(box, "cat", None, None)
    except InvalidAnnotationError:
        return
    assert len(box) == 4
    assert declared.corners[0] < declared.corners[2]


@pytest.mark.parametrize("box", [[0, 0, 1e-5, 1], [1e15, 0, 1e-3, 1]])
def test_box_that_vanishes_in_whole_pixels_is_an_annotation_error(box: list[float]) -> None:
    with pytest.raises(InvalidAnnotationError, match="no area"):
        declare_object(box, "cat", None, None)
