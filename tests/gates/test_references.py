import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.gates.references import named_images, renumbered, speaks_of_all_images, without_references


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Look at Image 2.", {2}),
        ("Image 1's sky and image 3", {1, 3}),
        ("Images 1–3", {1, 2, 3}),
        ("Images 1-3 and 5", {1, 2, 3, 5}),
        ("Images 2 to 4", {2, 3, 4}),
        ("Images 1, 2 and 4", {1, 2, 4}),
        ("Images 1, 2, and 4", {1, 2, 4}),
        ("Images 1 or 3", {1, 3}),
        ("Images 1 & 3", {1, 3}),
        ("Images 1, 3 show it", {1, 3}),
        ("In Image 2, 3 circles are red", {2}),
        ("In Images 1 and 2, 5 circles are red", {1, 2}),
        ("Image 12", {12}),
        ("the images", set()),
        ("3 images", set()),
        ("imagery 3", set()),
        ("Image 3rd", set()),
    ],
)
def test_images_are_named_alone_in_lists_and_in_ranges(text: str, numbers: set[int]) -> None:
    assert named_images(text) == numbers


@pytest.mark.parametrize("text", ["all images", "Which image shows it?", "each of the images", "the image with a star"])
def test_images_without_numbers_are_all_images(text: str) -> None:
    assert speaks_of_all_images(text)


@pytest.mark.parametrize("text", ["Image 1", "Images 1–3", "In Image 1: what is in this image?", "the same image"])
def test_named_images_are_not_all_images(text: str) -> None:
    assert not speaks_of_all_images(text)


def test_references_can_be_masked() -> None:
    assert without_references("Is Image 4 from Images 1–3? 7 are.", "§") == "Is § from §? 7 are."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Is image 3 like Image 2's?", "Is image 4 like Image 3's?"),
        ("Images 1, 2, and 4", "Images 2, 3 and 5"),
        ("Images 1 & 3", "Images 2 and 4"),
        ("one of Images 1, 2 or 3", "one of Images 2, 3 or 4"),
        ("Images 1 and 3–5", "Images 2, 4, 5 and 6"),
        ("In Image 2, 3 circles; 5 images", "In Image 3, 3 circles; 5 images"),
    ],
)
def test_names_of_images_are_renumbered(text: str, expected: str) -> None:
    assert renumbered(text, lambda number: number + 1) == expected


@given(st.lists(st.integers(1, 8), min_size=1, max_size=8, unique=True), st.permutations(range(1, 9)))
def test_after_renumbering_the_same_images_are_named(numbers: list[int], new_numbers: list[int]) -> None:
    *most, last = map(str, numbers)
    text = f"Which of Images {', '.join(most)} and {last} is it?" if most else f"What is in Image {last}?"
    new_text = renumbered(text, lambda number: new_numbers[number - 1])
    assert named_images(new_text) == {new_numbers[number - 1] for number in numbers}


@given(st.lists(st.integers(1, 8), min_size=2, max_size=8, unique=True))
def test_every_image_of_a_list_is_named(numbers: list[int]) -> None:
    *most, last = map(str, numbers)
    assert named_images(f"Which of Images {', '.join(most)} and {last} is it?") == set(numbers)
