"""Replies without answer tags are read for what they decide, and for nothing where they decide nothing."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.items import Answer
from mifg_pipeline.scoring import find_answer, score_reply

COLOURS = ("red", "green", "blue", "yellow")


def choose(reply: str, options: tuple[str, ...] = COLOURS) -> str | None:
    return find_answer(reply, "choice", options)


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        ("B", "B"),
        ("The answer is B. Note that A is a common distractor.", "B"),
        ("Answer: A\nI need to correct this.\nAnswer: B", "B"),
        ("The answer is not A. The answer is B.", "B"),
        ("\\boxed{C} … \\boxed{\\text{B}}", "B"),
        ("D) Both have the potential to damage it.", "D"),
        ("<s> B</s>", "B"),
        ("The point that corresponds to it is B.", "B"),
        ("The ball is green, while the car is red.", "B"),
        ("It looks red at first. Therefore, it is green.", "B"),
    ],
)
def test_a_decision_is_read(reply: str, letter: str) -> None:
    assert choose(reply) == letter


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "A dog is there.",
        "Both are.",
        "It could be A or B.",
        "ANSWER: AB",
        "I cannot say; it is not red.",
        "E",
        "A, B",
    ],
)
def test_no_decision_is_read_where_there_is_none(reply: str) -> None:
    assert choose(reply) is None


@pytest.mark.parametrize(
    ("reply", "word"),
    [("Yes, a notice.", "yes"), ("The answer is no.", "no"), ("Notice the dog.", None), ("yesterday's draft", None)],
)
def test_yes_and_no_are_words(reply: str, word: str | None) -> None:
    assert find_answer(reply, "boolean", None) == word


def test_other_kinds_are_read_behind_their_declaration() -> None:
    assert find_answer("Two and two.\nThe answer is 4", "integer", None) == "4"


@pytest.mark.parametrize("lenient", [True, False])
def test_a_guess_scores_in_the_lenient_mode_alone(lenient: bool) -> None:
    key = Answer(kind="choice", value="B")
    assert score_reply(key, COLOURS, "I choose B, as the ball shows.", lenient=lenient) == float(lenient)


@given(reply=st.text(max_size=300), count=st.integers(2, 10))
def test_whatever_a_reply_says_an_option_or_nothing_is_chosen(reply: str, count: int) -> None:
    assert choose(reply, tuple(f"option {number}" for number in range(count))) in {None, *"ABCDEFGHIJ"[:count]}


@given(
    letter=st.sampled_from("ABCD"),
    form=st.sampled_from(["The answer is {}", "I choose {}.", "Answer: **{}**", "({})", "{}", "\\boxed{{{}}}"]),
)
def test_the_letter_of_a_declaration_is_chosen(letter: str, form: str) -> None:
    assert choose(form.format(letter)) == letter


@pytest.mark.parametrize(
    "piece",
    ["answer is ", "answer", "*", "_ ", "(", "the answer to a a a ", "\\boxed{", "\n", "<", "a ", "option :", "「"],
)
def test_a_megabyte_is_read_in_no_time(piece: str) -> None:
    started = time.process_time()
    for start in ("", "answer "):
        choose(start + piece * (1_000_000 // len(piece)))
        choose(start + piece * (19_000 // len(piece)))
        find_answer(start + piece * (19_000 // len(piece)), "boolean", None)
    assert time.process_time() - started < 2.0
