import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.items import OPTION_LETTERS, Answer
from mifg_pipeline.scoring import same_option, score_text

CELLS = ("top left", "dog", "Image 2", "the lower right")
KEYS = {option: OPTION_LETTERS[index] for index, option in enumerate(CELLS)}


def score(key: str, text: str, options: tuple[str, ...] = CELLS) -> float:
    return score_text(Answer(kind="choice", value=key), options, text)


@pytest.mark.parametrize(
    "text",
    [
        *("B", "b", "(B)", "(b)", "[B]", "B.", "B)", "B:", "B,", "B!", " B ", "**B**", '"B"', "`B`", "Ｂ"),
        *("Option B", "option (b)", "Choice B.", "Answer: B", "The answer is B.", "The correct option is B"),
    ],
)
def test_a_letter_in_its_usual_dressings_chooses_its_option(text: str) -> None:
    assert score("B", text) == 1.0


@pytest.mark.parametrize("text", ["dog", "Dog.", "a dog", "The dog", "**dog**"])
def test_the_text_of_an_option_chooses_it(text: str) -> None:
    assert score("B", text) == 1.0


@pytest.mark.parametrize(
    "text", ["B) dog", "B. The dog", "(B) dog", "B: dog.", "B - dog", "B – dog", "B dog", "**B.** dog"]
)
def test_a_letter_with_its_own_text_chooses_it(text: str) -> None:
    assert score("B", text) == 1.0


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Both", "B"),
        ("Because of the dog", "B"),
        ("Bdog", "B"),
        ("A cat", "A"),
        ("A bird", "A"),
        ("Certainly", "C"),
        ("choiced", "D"),
    ],
)
def test_a_letter_inside_a_word_or_as_an_article_chooses_nothing(text: str, key: str) -> None:
    assert score(key, text) == 0.0


def test_a_dog_is_the_dog_and_not_option_a() -> None:
    assert [score(key, "A dog") for key in "ABCD"] == [0.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "text", ["A) dog", "A. dog", "(A) the dog", "A: dog", "A, dog", "A - dog", "C) dog", "B) top left"]
)
def test_a_letter_against_its_text_is_wrong_for_every_key(text: str) -> None:
    assert [score(key, text) for key in "ABCD"] == [0.0] * 4


@pytest.mark.parametrize(
    "text", ["A or B", "A, B", "A) B) C) D)", "A/B", "A and B", "B. or maybe C", "(A)(B)", "ABCD", "B?C"]
)
def test_a_hedge_is_wrong_for_every_key(text: str) -> None:
    assert [score(key, text) for key in "ABCD"] == [0.0] * 4


@pytest.mark.parametrize("text", ["E", "(E)", "2", "Image", "image 3", "", " ", "none of them", "В"])
def test_what_names_no_option_is_wrong_for_every_key(text: str) -> None:
    assert [score(key, text) for key in "ABCD"] == [0.0] * 4


def test_the_number_of_an_image_alone_chooses_nothing() -> None:
    options = ("Image 3", "Image 2", "Image 1")
    assert [score(key, "2", options) for key in "ABC"] == [0.0] * 3


def test_numbers_choose_the_option_with_the_same_number() -> None:
    assert score("B", "seven", ("17", "7", "-7", "70")) == 1.0


def test_a_minus_sign_behind_a_letter_belongs_to_the_number() -> None:
    assert score("B", "B) -5", ("3", "5")) == 0.0
    assert score("B", "B) -5", ("3", "-5")) == 1.0


def test_a_text_that_two_options_share_chooses_neither() -> None:
    assert [score(key, "dog", ("dog", "the dog")) for key in "AB"] == [0.0, 0.0]


def test_an_option_that_begins_like_a_letter_can_be_chosen_by_its_text() -> None:
    assert score("A", "B. Jones", ("B. Jones", "A. Smith")) == 1.0


@pytest.mark.parametrize(("one", "other"), [("7", "seven"), ("1,200", "1200"), ("the centre", "Centre"), ("0", "0.0")])
def test_options_that_say_the_same_are_the_same(one: str, other: str) -> None:
    assert same_option(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("centre", "top centre"), ("5", "-5"), ("none", "0"), ("Image 1", "Image 11")]
)
def test_options_that_say_different_things_are_different(one: str, other: str) -> None:
    assert not same_option(one, other)


@given(st.data(), st.lists(st.text(min_size=1), min_size=2, max_size=10))
def test_the_letter_of_the_key_always_scores(data: st.DataObject, options: list[str]) -> None:
    letter = data.draw(st.sampled_from(OPTION_LETTERS[: len(options)]))
    assert score(letter, letter, tuple(options)) == 1.0


@given(st.data(), st.lists(st.text("abcdefgh 123", min_size=2).filter(str.strip), min_size=2, max_size=10))
def test_of_one_text_at_most_one_option_is_right(data: st.DataObject, options: list[str]) -> None:
    text = data.draw(st.sampled_from(options) | st.text("ABCDabcd().: 123"))
    assert sum(score(letter, text, tuple(options)) for letter in OPTION_LETTERS[: len(options)]) <= 1.0
