"""The rules by which objects are clear enough to be asked about."""

from collections.abc import Callable, Sequence

import pytest

from mifg_pipeline.items import Box, CorpusImage, ObjectAnnotation
from mifg_pipeline.programs import Picture
from mifg_pipeline.programs.clarity import cut_off_categories, overlap_strongly, unclear_categories

Make = Callable[[int, int, int, Sequence[ObjectAnnotation]], Picture]


@pytest.fixture
def image_with(make_annotated: Make) -> Callable[..., CorpusImage]:
    """A 600 x 400 image with a clear dog and the given cats."""

    def image(*boxes: Box, **attributes: float) -> CorpusImage:
        cats = [ObjectAnnotation(bbox=box, category="cat", attributes=attributes) for box in boxes]
        dog = ObjectAnnotation(bbox=(300, 200, 340, 240), category="dog")
        return make_annotated(0, 600, 400, [*cats, dog]).image

    return image


def test_apart_and_whole_is_clear(image_with) -> None:
    image = image_with((10, 10, 60, 60), (60, 10, 110, 60), iscrowd=0, area=2000)
    assert unclear_categories(image) == cut_off_categories(image) == set()


@pytest.mark.parametrize("box", [(10, 10, 37, 90), (10, 10, 90, 37), (10, 10, 130, 121)], ids=str)
def test_tiny_and_large_objects_are_unclear(image_with, box: Box) -> None:
    assert unclear_categories(image_with(box, (200, 10, 240, 50))) == {"cat"}


@pytest.mark.parametrize("box", [(10, 10, 38, 38), (10, 10, 130, 110)], ids=str)
def test_28_pixels_and_5_per_cent_are_clear(image_with, box: Box) -> None:
    assert unclear_categories(image_with(box)) == set()


def test_crowds_are_unclear(image_with) -> None:
    assert unclear_categories(image_with((10, 10, 60, 60), iscrowd=1)) == {"cat"}


def test_outline_smaller_than_a_tiny_box_is_unclear(image_with) -> None:
    assert unclear_categories(image_with((10, 10, 60, 60), area=783.5)) == {"cat"}


@pytest.mark.parametrize("other", [(30, 10, 80, 60), (15, 15, 50, 50), (10, 10, 60, 60)], ids=str)
def test_strong_overlap_within_a_category_is_unclear(image_with, other: Box) -> None:
    assert unclear_categories(image_with((10, 10, 60, 60), other)) == {"cat"}


def test_overlap_between_categories_is_clear(image_with) -> None:
    assert unclear_categories(image_with((300, 200, 340, 240))) == set()


@pytest.mark.parametrize(
    ("other", "overlaps"),
    [((146, 0, 246, 100), False), ((53, 0, 153, 100), True), ((54, 0, 154, 100), False), ((0, 100, 100, 200), False)],
)
def test_overlap_is_strong_from_intersection_over_union_0_3(other: Box, overlaps: bool) -> None:
    assert overlap_strongly((0, 0, 100, 100), other) == overlaps
    assert overlap_strongly(other, (0, 0, 100, 100)) == overlaps


@pytest.mark.parametrize(("box", "inside"), [((70, 0, 110, 30), True), ((72, 0, 112, 30), False)])
def test_overlap_is_strong_where_more_than_0_7_of_one_lies_inside(box: Box, inside: bool) -> None:
    assert overlap_strongly((0, 0, 100, 100), box) == inside


@pytest.mark.parametrize("box", [(2, 50, 60, 90), (50, 2, 90, 60), (540, 50, 598, 90), (50, 340, 90, 398)], ids=str)
def test_two_pixels_from_the_border_is_cut_off(image_with, box: Box) -> None:
    assert cut_off_categories(image_with(box)) == {"cat"}
    assert unclear_categories(image_with(box)) == set()


@pytest.mark.parametrize("box", [(3, 3, 60, 60), (540, 340, 597, 397)], ids=str)
def test_three_pixels_from_the_border_is_whole(image_with, box: Box) -> None:
    assert cut_off_categories(image_with(box)) == set()
