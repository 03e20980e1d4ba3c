"""The count-across witness on given readings."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.items import Claim
from mifg_pipeline.witnesses import WITNESSES, Sight

Fixture = Callable[..., Any]
CATEGORIES = ["circle", "ring", "star", "sign"]
COLOURS = ["red", "blue", "black"]

_FIGURES = st.builds(
    lambda category, colour: {"category": category, "colour": colour, "bbox": [0, 0, 40, 40], "certainty": 0.9},
    st.sampled_from(CATEGORIES),
    st.sampled_from(COLOURS),
)
_IMAGES = st.lists(st.lists(_FIGURES, max_size=8), min_size=2, max_size=5)


def _answer(form: str, seen: list[list[dict[str, Any]]], **terms: Any) -> str | None:
    def unseen() -> Any:
        raise AssertionError("counts come from readings")

    sights = [Sight(unseen, {"shapes": figures}) for figures in seen]
    claim = Claim(family="count-across", form=form, terms=terms)
    return WITNESSES["count-across"].testify(claim, sights).answer


def _expected(images: list[list[dict[str, Any]]], category: str | None, colour: str | None) -> list[int]:
    def matches(figure: dict[str, Any]) -> bool:
        right_category = figure["category"] == category if category else figure["category"] != "sign"
        return right_category and (colour is None or figure["colour"] == colour)

    return [len([figure for figure in figures if matches(figure)]) for figures in images]


@given(_IMAGES, st.sampled_from([None, *CATEGORIES]), st.sampled_from([None, *COLOURS]))
def test_counts_agree_with_counting_by_hand(
    images: list[list[dict[str, Any]]], category: str | None, colour: str | None
) -> None:
    counts = _expected(images, category, colour)
    everything = {"images": list(range(len(images))), "category": category, "colour": colour}
    assert _answer("total", images, **everything) == str(sum(counts))
    assert _answer("total-choice", images, **everything) == str(sum(counts))
    assert _answer("images-with", images, **everything) == str(len([count for count in counts if count]))
    difference = _answer("difference", images, first=1, second=0, category=category, colour=colour)
    assert difference == str(counts[1] - counts[0])


def test_beside_anchor_counts_in_the_image_with_the_anchor(
    testify_from_readings: Fixture, reading: Fixture, figure: Fixture
) -> None:
    readings = [
        reading(figure("star", "red"), figure("star", "red")),
        reading(figure("heart", "green"), figure("star", "red"), figure("star", "blue")),
    ]
    terms = {"category": "star", "colour": "red", "anchor_category": "heart", "anchor_colour": "green"}
    assert testify_from_readings("count-across", "beside-anchor", readings, images=[0, 1], **terms).answer == "1"


@pytest.mark.parametrize("anchors", [0, 2])
def test_beside_anchor_is_silent_without_one_image_with_the_anchor(
    anchors: int, testify_from_readings: Fixture, reading: Fixture, figure: Fixture
) -> None:
    readings = [reading(*([figure("heart", "green")] if k < anchors else [])) for k in range(2)]
    terms = {"category": "star", "colour": "red", "anchor_category": "heart", "anchor_colour": "green"}
    testimony = testify_from_readings("count-across", "beside-anchor", readings, images=[0, 1], **terms)
    assert testimony.reason == f"{anchors} of the images show a green heart, not one"


def test_a_doubtful_figure_forbids_counting(testify_from_readings: Fixture, reading: Fixture, figure: Fixture) -> None:
    readings = [reading(figure("star", "red")), reading(figure("star", "red", certainty=0.2))]
    terms = {"images": [0, 1], "category": "star", "colour": "red"}
    assert testify_from_readings("count-across", "total", readings, **terms).answer is None


def test_a_doubtful_figure_in_an_image_that_is_not_asked_about_does_not_matter(
    testify_from_readings: Fixture, reading: Fixture, figure: Fixture
) -> None:
    readings = [reading(figure("star", "red")), reading(figure("star", "red", certainty=0.2))]
    terms = {"images": [0], "category": "star", "colour": "red"}
    assert testify_from_readings("count-across", "total", readings, **terms).answer == "1"


@pytest.mark.parametrize("terms", [{"category": "dog", "colour": None}, {"category": None, "colour": "beige"}])
def test_a_kind_that_the_reader_does_not_know_is_not_counted(
    terms: dict[str, Any], testify_from_readings: Fixture, reading: Fixture
) -> None:
    assert testify_from_readings("count-across", "total", [reading()], images=[0], **terms).answer is None


def test_an_unknown_form_gets_no_answer(testify_from_readings: Fixture, reading: Fixture) -> None:
    testimony = testify_from_readings("count-across", "median", [reading()], images=[0])
    assert testimony.reason == "the witness of count-across does not know the form 'median'"


def test_terms_of_a_wrong_type_are_an_error(testify_from_readings: Fixture, reading: Fixture) -> None:
    with pytest.raises(ValueError, match="'first' is not an image index"):
        testify_from_readings("count-across", "total", [reading()], images=["first"], category=None, colour=None)
