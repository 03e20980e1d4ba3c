from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mifg_pipeline.scoring import may_begin_number, normalize, read_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7),
        (" 7. ", 7),
        ("**7**", 7),
        ("+7", 7),
        ("-5", -5),
        ("−5", -5),
        ("–5", -5),
        ("minus 5", -5),
        ("0.0", 0),
        (".5", Fraction(1, 2)),
        ("1.200", Fraction(6, 5)),
        ("1,200", 1200),
        ("12,345,678.5", Fraction(24691357, 2)),
        ("1 200", 1200),
        ("1\u202f200", 1200),
        ("1'200", 1200),
        ("1e-05", Fraction(1, 100000)),
        ("７", 7),
    ],
)
def test_digits_are_read(text: str, number: Fraction) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("zero", 0),
        ("Twenty", 20),
        ("twenty-one", 21),
        ("twenty‑one", 21),
        ("a hundred", 100),
        ("one hundred and five", 105),
        ("nine hundred ninety nine", 999),
        ("two thousand and five", 2005),
        ("one million, two hundred thousand and one", 1_200_001),
        ("minus five", -5),
        ("negative twenty-one", -21),
    ],
)
def test_words_are_read(text: str, number: int) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        *("", "none", "no", "nothing", "a", "and", "hundred", "minus", "dozen", "seven or eight", "7 8", "about 7"),
        *("twenty one hundred", "one two", "one hundred and", "one thousand and", "twenty-", "-five", "minus -5"),
        *("minus minus five", "- 5", "12,34", "1,2,300", "1,200 300", "7%", "7 circles", "1/2", "½", "5²", "①"),
        *("0x10", "1_000", "nan", "inf", "1e9999", "9" * 5000, "--5"),
    ],
)
def test_anything_else_is_no_number(text: str) -> None:
    assert read_number(text) is None


@given(st.integers(-(10**15), 10**15))
def test_grouped_digits_are_the_number(number: int) -> None:
    assert read_number(f"{number:,}") == number


@given(st.text())
def test_reading_never_raises(text: str) -> None:
    read_number(text)


NUMBER_WORDS = ("zero", "one", "seven", "twelve", "nineteen", "twenty", "ninety", "hundred", "thousand", "million")
OTHER_WORDS = ("a", "an", "and", "minus", "negative", "7", "1,200", "-5", ".5", "½", "cat")


@example("a. hundred")
@given(st.lists(st.sampled_from(NUMBER_WORDS + OTHER_WORDS), min_size=1, max_size=6).map(" ".join))
def test_every_number_begins_with_a_word_that_may_begin_one(text: str) -> None:
    words = normalize(text).split()
    assert may_begin_number(words[0]) or read_number(" ".join(words)) is None


@pytest.mark.parametrize("word", ["how", "hundred", "images", "and"])
def test_other_words_begin_no_number(word: str) -> None:
    assert not may_begin_number(word)
