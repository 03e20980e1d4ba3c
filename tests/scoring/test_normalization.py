import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.scoring import normalize


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Top Left", "top left"),
        ("the dog", "dog"),
        ("“The dog.”", "dog"),
        ("twenty-one", "twenty one"),
        ("U.S.A.", "USA"),
        ("dog's", "dog’s"),
        ("red,  blue", "red blue"),
        ("ｆｕｌｌ", "full"),
        ("cafe\u0301", "café"),
        ("Straße", "STRASSE"),
        ("1,200 m", "1200 m"),
        ("di\u200bgit", "digit"),
        ("−5", "-5"),
        ("1–3", "1-3"),
    ],
)
def test_texts_that_differ_in_form_only_are_equal(one: str, other: str) -> None:
    assert normalize(one) == normalize(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("-5", "5"),
        ("(-5)", "5"),
        ("0.5", "5"),
        (".5", "5"),
        ("1.5", "15"),
        ("50%", "50"),
        ("C++", "C"),
        ("C#", "C"),
        ("none", "0"),
        ("A) dog", "dog"),
        ("vitamin A", "vitamin"),
        ("!", "?"),
        ("the", ""),
        ("5²", "52"),
        ("В", "B"),  # Cyrillic
    ],
)
def test_texts_that_differ_in_meaning_stay_different(one: str, other: str) -> None:
    assert normalize(one) != normalize(other)


@given(st.text())
def test_only_blank_and_invisible_texts_become_empty(text: str) -> None:
    assert normalize(text) or not "".join(text.split()).strip() or not text.isprintable()
