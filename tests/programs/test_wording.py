"""Nouns, articles and lists of images read as English."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.items import ObjectAnnotation
from mifg_pipeline.programs.kinds import Kind
from mifg_pipeline.programs.wording import image_list, is_plural, plural, with_article, word_list


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("circle", "circles"),
        ("red cross", "red crosses"),
        ("box", "boxes"),
        ("person", "people"),
        ("woman", "women"),
        ("child", "children"),
        ("knife", "knives"),
        ("bench", "benches"),
        ("toothbrush", "toothbrushes"),
        ("bus", "buses"),
        ("berry", "berries"),
        ("key", "keys"),
        ("sheep", "sheep"),
        ("wine glass", "wine glasses"),
        ("computer mouse", "computer mice"),
        ("scissors", "scissors"),
        ("pair of scissors", "pairs of scissors"),
        ("chest of drawers", "chests of drawers"),
        ("TV", "TVs"),
        ("potted plant", "potted plants"),
        ("tomato", "tomatoes"),
        ("photo", "photos"),
        ("bookshelf", "bookshelves"),
        ("swordfish", "swordfish"),
        ("aircraft", "aircraft"),
        ("human", "humans"),
        ("octopus", "octopuses"),
    ],
)
def test_plural(one: str, many: str) -> None:
    assert plural(one) == many


@pytest.mark.parametrize(
    "expected",
    [
        "an orange ring",
        "a red star",
        "an hour glass",
        "a house",
        "an umbrella",
        "a unicorn",
        "a uniform",
        "an uninhabited island",
        "a utensil",
        "an urn",
        "a European robin",
        "an eel",
        "a one-way sign",
        "an onion",
        "a U-turn sign",
        "an SUV",
        "a TV",
        "an X-ray",
        "an heirloom",
    ],
)
def test_article_goes_by_sound(expected: str) -> None:
    assert with_article(expected.partition(" ")[2]) == expected


@pytest.mark.parametrize("noun", ["flowers", "street lights", "people", "taxis", "kiwis", "boxes of wine", "mice"])
def test_plural_is_told(noun: str) -> None:
    assert is_plural(noun)


@pytest.mark.parametrize(
    "noun", ["bus", "wine glass", "sheep", "chest of drawers", "lens", "person", "aircraft", "gas"]
)
def test_singular_is_told(noun: str) -> None:
    assert not is_plural(noun)


@pytest.mark.parametrize(
    ("indices", "expected"),
    [([2], "Image 3"), ([1, 0], "Images 1 and 2"), ([0, 3, 1], "Images 1, 2 and 4")],
)
def test_image_list(indices: list[int], expected: str) -> None:
    assert image_list(indices) == expected


@given(st.lists(st.from_regex(r"[a-z]+", fullmatch=True), min_size=1))
def test_word_list_keeps_all_words_in_order(words: list[str]) -> None:
    joined = word_list(words).replace(" and ", ", ") if len(words) > 1 else word_list(words)
    assert joined.split(", ") == words


@pytest.mark.parametrize(
    ("kind", "plural_phrase", "at_least_one"),
    [
        (Kind("box", None), "boxes", "at least one box"),
        (Kind("circle", "red"), "red circles", "at least one red circle"),
        (Kind(None, "red"), "red shapes (signs do not count)", "at least one red shape (signs do not count)"),
    ],
)
def test_kinds_in_words(kind: Kind, plural_phrase: str, at_least_one: str) -> None:
    assert (kind.plural, kind.at_least_one) == (plural_phrase, at_least_one)


def test_a_sign_is_no_shape() -> None:
    sign = ObjectAnnotation(bbox=(0, 0, 9, 9), category="sign", attributes={"colour": "red"})
    assert not Kind(None, "red").covers(sign)
