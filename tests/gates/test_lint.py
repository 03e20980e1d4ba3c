from collections.abc import Callable
from typing import Any

import pytest

from mifg_pipeline.config import GateSettings
from mifg_pipeline.gates import lint
from mifg_pipeline.items import Answer, Draft, ImageRef, Region

MakeDraft = Callable[..., Draft]
MakeImage = Callable[..., ImageRef]

CELLS = ("top left", "top centre", "centre", "bottom right")


@pytest.fixture
def problems_of(make_draft: MakeDraft) -> Callable[..., str]:
    """The reason of the lint for a draft; empty where it passes."""

    def problems(**fields: Any) -> str:
        result = lint(make_draft(**fields), GateSettings())
        assert result.passed is (result.reason == "")
        return result.reason

    return problems


def open_answer(kind: str, value: Any, **fields: Any) -> dict[str, Any]:
    return {"options": None, "answer": Answer(kind=kind, value=value, **fields)}


def choice(*options: str, key: str = "A") -> dict[str, Any]:
    return {"options": options, "answer": Answer(kind="choice", value=key)}


LEAK = "the question contains the answer"
PARTIAL = "the question names some of the options and not the others"


@pytest.mark.parametrize(
    "question",
    [
        "Image 2 is a magnified detail of Image 1. In which cell of a 3×3 grid over Image 1 does it lie?",
        "Name the cell of Image 2: top left, top centre, top right, …, centre, …, bottom right?",
        "What is centred at the top of Images 1 and 2, and what is left?",
    ],
)
def test_a_question_that_names_none_or_all_of_its_options_passes(
    problems_of: Callable[..., str], question: str
) -> None:
    assert problems_of(question=question, **choice(*CELLS)) == ""


@pytest.mark.parametrize("key", ["A", "D"])
def test_a_question_that_names_some_of_its_options_is_rejected_whatever_the_key(
    problems_of: Callable[..., str], key: str
) -> None:
    question = "What is at the Top-Left of the images?"
    assert problems_of(question=question, **choice(*CELLS, key=key)) == PARTIAL


@pytest.mark.parametrize(
    "question",
    [
        "Image 2 is a magnified detail. Which of Images 1–2 is it from?",
        "Compare Image 2 with the others. Which image is it?",
    ],
)
def test_options_that_name_images_leak_nothing(problems_of: Callable[..., str], question: str) -> None:
    assert problems_of(question=question, **choice("Image 1", "Image 2", key="B")) == ""


def test_a_place_beside_the_name_of_an_image_still_leaks(problems_of: Callable[..., str]) -> None:
    question = "Is the upper left of Image 1 in Image 2?"
    assert problems_of(question=question, **choice("upper left", "upper right")) == PARTIAL


@pytest.mark.parametrize(
    ("value", "question"),
    [
        (7, "Are there 7 circles in the images?"),
        (7, "Are there seven circles in the images?"),
        (7, "Are there 7.0 circles in the images?"),
        (1200, "Is it 1,200 in the images?"),
        (105, "Is it one hundred and five in the images?"),
        (-5, "Is it -5 in the images?"),
    ],
)
def test_a_number_that_stands_in_the_question_is_a_leak(
    problems_of: Callable[..., str], value: int, question: str
) -> None:
    assert problems_of(question=question, **open_answer("integer", value)) == LEAK


@pytest.mark.parametrize(
    ("value", "question"),
    [
        (2, "How many circles are there in Images 1 and 2 together?"),
        (2, "How many circles are there in Image 2?\nLook at the images."),
        (3, "Divide the images into 3×3 cells. In how many cells is a circle?"),
        (3, "Divide the images into a 3 by 3 grid. In how many cells is a circle?"),
        (9, "In how many of the nine cells of the images is a circle?"),
        (2, "Look at the two images. How many circles are there?"),
        (1, "In the one image that shows a star, how many circles are there?"),
        (1, "Exactly one of the images shows a star. How many circles are there?"),
        (5, "Is it 15, 50 or 105 in the images?"),
        (5, "Is it -5 in the images?"),
        (5, "Is it twenty-five in the images?"),
        (5, "Is it one hundred and five in the images?"),
        (5, "Is it 0.5 in the images?"),
    ],
)
def test_other_numbers_and_the_setting_are_no_leak(problems_of: Callable[..., str], value: int, question: str) -> None:
    assert problems_of(question=question, **open_answer("integer", value)) == ""


@pytest.mark.parametrize(
    ("answer", "question"),
    [
        (open_answer("text", "K7M"), "Which of the images shows k7m?"),
        (open_answer("text", "K7M", aliases=("old mill",)), "Which of the images shows the “Old Mill”?"),
        (open_answer("list", ("red", "blue")), "What is red, blue in the images?"),
        (open_answer("number", 2.5), "Is it 2.50 in the images?"),
    ],
)
def test_a_text_list_or_decimal_that_stands_in_the_question_is_a_leak(
    problems_of: Callable[..., str], answer: dict[str, Any], question: str
) -> None:
    assert problems_of(question=question, **answer) == LEAK


@pytest.mark.parametrize(
    ("answer", "question"),
    [
        (open_answer("text", "K7M"), "Which of the images shows K7MX or XK7M?"),
        (open_answer("text", "old mill"), "How old is the mill in the images?"),
        (open_answer("list", ("1", "2")), "Which of Images 1, 2 do Images 1 and 2 come from? Give the two numbers."),
        (open_answer("boolean", True), "Is it true that the images show the same house, yes or no?"),
        (open_answer("boolean", False), "Is there no house in the images?"),
    ],
)
def test_parts_of_words_references_and_truths_are_no_leak(
    problems_of: Callable[..., str], answer: dict[str, Any], question: str
) -> None:
    assert problems_of(question=question, **answer) == ""


@pytest.mark.parametrize(
    ("path", "answer", "leaks"),
    [
        ("signs/old-mill_02.jpg", open_answer("text", "Old Mill"), True),
        ("old_mill/02.jpg", open_answer("text", "Old Mill"), False),
        ("windmill.jpg", open_answer("text", "mill"), False),
        ("scene-0007.png", open_answer("integer", 7), False),
        ("scene-17.png", open_answer("text", "17"), False),
        ("red_kite.jpg", choice("red", "blue", key="B"), True),
        ("scene-3.png", choice("3", "4"), False),
        ("Image 2.png", choice("Image 1", "Image 2"), False),
    ],
)
def test_an_answer_in_a_file_name_is_a_leak_unless_it_is_a_number(
    problems_of: Callable[..., str], make_image_ref: MakeImage, path: str, answer: dict[str, Any], leaks: bool
) -> None:
    images = (make_image_ref("first"), make_image_ref("second", path=path))
    reason = problems_of(images=images, question="What do the images show?", **answer)
    assert reason.startswith("a file name") is leaks


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Which of Images 1–3 shows it?", "Image 3 named, but there are 2 images"),
        ("Is Image 0 like Image 2?", "Image 0 named, but there are 2 images"),
    ],
)
def test_an_image_that_does_not_exist_is_rejected(problems_of: Callable[..., str], question: str, reason: str) -> None:
    assert problems_of(question=question) == reason


def test_an_option_that_names_no_image_of_the_item_is_rejected(problems_of: Callable[..., str]) -> None:
    assert problems_of(**choice("Image 1", "Image 3")) == "Image 3 named, but there are 2 images"


@pytest.mark.parametrize("role", ["evidence", "query"])
def test_an_image_that_nothing_speaks_of_is_rejected(problems_of: Callable[..., str], role: str) -> None:
    reason = problems_of(question="How many are in Image 1?", roles=("evidence", role), **open_answer("integer", 7))
    assert reason == f"nothing speaks of Image 2, whose role is {role}"


@pytest.mark.parametrize(
    "fields",
    [
        {"question": "How many are in Image 1?", "roles": ("evidence", "distractor"), **open_answer("integer", 7)},
        {"question": "How many are in all images?", "roles": ("evidence", "evidence"), **open_answer("integer", 7)},
        {"question": "Which of them shows it?", "roles": ("evidence", "evidence"), **choice("Image 1", "Image 2")},
    ],
)
def test_distractors_need_no_mention_and_options_or_all_images_are_one(
    problems_of: Callable[..., str], fields: dict[str, Any]
) -> None:
    region = Region(image=0, bbox=(0, 0, 50, 50))
    assert problems_of(evidence=(region,), **fields) == ""


@pytest.mark.parametrize("options", [("dog", "The Dog"), ("7", "seven"), ("1,200", "1200"), ("red,blue", "red blue")])
def test_options_that_the_scorer_cannot_tell_apart_are_rejected(
    problems_of: Callable[..., str], options: tuple[str, str]
) -> None:
    assert "are the same to the scorer" in problems_of(**choice(*options))


@pytest.mark.parametrize("options", [("centre", "top centre"), ("5", "-5"), ("K7M", "K7N"), ("none", "0")])
def test_options_that_differ_pass(problems_of: Callable[..., str], options: tuple[str, str]) -> None:
    assert problems_of(**choice(*options)) == ""


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"question": "  "}, "the question is empty"),
        ({"question": "the images " * 110}, "the question has more than 1,200 characters"),
        ({"question": "Do {images} differ?"}, "the question contains an unfilled template"),
        ({"question": "Do {{ images }} differ?"}, "the question contains an unfilled template"),
        ({"question": "Do the images {} differ?"}, "the question contains an unfilled template"),
        ({"question": "Do the\x07 images differ?"}, "the question contains a control or invisible character"),
        ({"question": "Do the \u202eimages differ?"}, "the question contains a control or invisible character"),
        (choice("Image 1", " "), "the option is empty"),
        (choice("Image 1", "{image}"), "the option contains an unfilled template"),
        (open_answer("list", ("x", "")), "the answer is empty"),
        (open_answer("text", "x\ny"), "the answer contains a control or invisible character"),
        (open_answer("text", "x", aliases=("",)), "the answer is empty"),
    ],
)
def test_texts_in_bad_form_are_rejected(problems_of: Callable[..., str], fields: dict[str, Any], reason: str) -> None:
    assert reason in problems_of(**fields)


@pytest.mark.parametrize(
    "question", ["Line one.\nWhich of the images?", "Is {1, 2} in the images?", "Is { in the images?"]
)
def test_line_breaks_and_single_braces_pass(problems_of: Callable[..., str], question: str) -> None:
    assert problems_of(question=question) == ""


def test_all_problems_are_reported_at_once(make_draft: MakeDraft) -> None:
    result = lint(make_draft(question="{x} is in Image 9, not in Image 2", **choice("dog", "the dog")), GateSettings())
    assert len(result.figures["problems"]) == 3  # type: ignore[arg-type]
