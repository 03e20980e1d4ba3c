"""The read-across witness on given readings."""

from collections.abc import Callable
from typing import Any

import pytest

Fixture = Callable[..., Any]


def test_the_largest_number_is_found_by_value_not_by_spelling(testify_from_readings: Fixture, reading: Fixture) -> None:
    readings = [
        reading(signs={"red": "97", "blue": "5555"}),
        reading(signs={"red": "1200"}),
        reading(signs={"red": "98"}),
    ]
    testimony = testify_from_readings("read-across", "which-largest", readings, images=[0, 1, 2], colour="red")
    assert testimony.answer == "Image 2"


def test_two_equal_largest_numbers_give_no_answer(testify_from_readings: Fixture, reading: Fixture) -> None:
    readings = [reading(signs={"red": "97"}), reading(signs={"red": "97"})]
    testimony = testify_from_readings("read-across", "which-largest", readings, images=[0, 1], colour="red")
    assert testimony.reason == "2 images show the same largest number"


def test_a_sum_takes_the_named_sign_of_each_image(testify_from_readings: Fixture, reading: Fixture) -> None:
    readings = [reading(signs={"red": "97", "blue": "1000"}), reading(signs={"red": "3", "green": "234"})]
    testimony = testify_from_readings("read-across", "sum", readings, signs=[[0, "blue"], [1, "green"]])
    assert testimony.answer == "1234"


def test_a_word_has_no_sum(testify_from_readings: Fixture, reading: Fixture) -> None:
    readings = [reading(signs={"red": "97"}), reading(signs={"red": "HAWK"})]
    testimony = testify_from_readings("read-across", "sum", readings, signs=[[0, "red"], [1, "red"]])
    assert testimony.reason == "the red sign says 'HAWK', which is no number"


def test_which_text_is_that_of_the_sign_of_the_colour(testify_from_readings: Fixture, reading: Fixture) -> None:
    readings = [reading(signs={"red": "HAWK"}), reading(signs={"red": "MAP", "white": "W73"})]
    assert testify_from_readings("read-across", "which-text", readings, image=1, colour="white").answer == "W73"


def test_which_image_has_the_text(testify_from_readings: Fixture, reading: Fixture) -> None:
    readings = [reading(signs={"red": "HAWK"}), reading(signs={"red": "MAP", "white": "W73"})]
    assert testify_from_readings("read-across", "which-image", readings, images=[0, 1], text="W73").answer == "Image 2"


@pytest.mark.parametrize("text", ["HAWK", "OWL"])
def test_a_text_in_two_images_or_none_gives_no_answer(
    text: str, testify_from_readings: Fixture, reading: Fixture
) -> None:
    readings = [reading(signs={"red": "HAWK"}), reading(signs={"blue": "HAWK"})]
    testimony = testify_from_readings("read-across", "which-image", readings, images=[0, 1], text=text)
    assert testimony.answer is None


def test_the_text_beside_the_anchor_is_read(testify_from_readings: Fixture, reading: Fixture, figure: Fixture) -> None:
    readings = [
        reading(figure("ring", "black"), signs={"red": "HAWK"}),
        reading(figure("ring", "white"), signs={"red": "MAP"}),
    ]
    terms = {"colour": "red", "anchor_category": "ring", "anchor_colour": "white"}
    assert testify_from_readings("read-across", "beside-anchor", readings, images=[0, 1], **terms).answer == "MAP"


def test_two_signs_of_the_colour_give_no_answer(testify_from_readings: Fixture, reading: Fixture) -> None:
    one = reading(signs={"red": "HAWK"})
    doubled = {name: entries * 2 for name, entries in one.items()}
    testimony = testify_from_readings("read-across", "which-text", [doubled], image=0, colour="red")
    assert testimony.reason == "2 red signs are seen in the image, not one"


def test_a_missing_sign_gives_no_answer(testify_from_readings: Fixture, reading: Fixture) -> None:
    testimony = testify_from_readings("read-across", "which-text", [reading()], image=0, colour="red")
    assert testimony.reason == "0 red signs are seen in the image, not one"


@pytest.mark.parametrize(
    "sign", [{"signs": {"red": "HAWK"}, "certainty": 0.6}, {"signs": {"red": ""}}, {"signs": {"red": "H~K"}}]
)
def test_a_sign_that_is_hard_to_read_gives_no_answer(
    sign: dict[str, Any], testify_from_readings: Fixture, reading: Fixture
) -> None:
    assert testify_from_readings("read-across", "which-text", [reading(**sign)], image=0, colour="red").answer is None
