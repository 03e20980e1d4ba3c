import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.scoring import extract_answer
from mifg_pipeline.scoring.extraction import without_thoughts

TAGS = st.sampled_from(["<answer>", "</answer>", "<ANSWER>", "<answer", "</", ">", "\n", "answer is", "answer:", "B"])


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("I see it.\n<answer>B</answer>", "B"),
        ("<answer>  top left\n</answer>", "top left"),
        ("<ANSWER>B</Answer>", "B"),
        ("<answer>line one\nline two</answer>", "line one\nline two"),
        ("<answer></answer>", ""),
    ],
)
def test_the_text_between_the_tags_is_the_answer(reply: str, answer: str) -> None:
    assert extract_answer(reply) == answer


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("<answer>A</answer> no, <answer>B</answer>", "B"),
        ("<answer>A</answer><answer>B</answer>", "B"),
        ("<answer>A<answer>B</answer></answer>", "B"),
        ("<answer><answer>B</answer></answer>", "B"),
        ("<answer>A</answer> or rather <answer>B", "A"),
        ("</answer><answer>B</answer></answer>", "B"),
        ("Say <answer>…</answer>, they said. <answer>B</answer>", "B"),
    ],
)
def test_the_last_complete_and_innermost_pair_counts(reply: str, answer: str) -> None:
    assert extract_answer(reply) == answer


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "B",
        "The answer is B.",
        "<answer>B",
        "B</answer>",
        "</answer>B<answer>",
        "<answer >B</answer >",
        "<answers>B</answers>",
        "＜answer＞B＜/answer＞",
        "<anſwer>B</anſwer>",
        "&lt;answer&gt;B&lt;/answer&gt;",
    ],
)
def test_a_reply_without_a_complete_pair_has_no_answer(reply: str) -> None:
    assert extract_answer(reply) is None


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("Let me see. <answer>B", "B"),
        ("I think so.\nThe answer is B.", "B."),
        ("First, answer: A.\nFinal answer: B\n\n", "B"),
        ("The answer is: B", "B"),
        ("Red things.\n7", "7"),
        ("answer is A, no, the answer is B", "B"),
    ],
)
def test_the_lenient_mode_reads_replies_without_tags(reply: str, answer: str) -> None:
    assert extract_answer(reply, lenient=True) == answer


@pytest.mark.parametrize("reply", ["", " \n ", "The answer is:"])
def test_the_lenient_mode_finds_nothing_where_nothing_is_said(reply: str) -> None:
    assert extract_answer(reply, lenient=True) is None


def test_the_lenient_mode_prefers_a_complete_pair() -> None:
    assert extract_answer("<answer>A</answer>\nThe answer is B.", lenient=True) == "A"


@given(st.lists(TAGS | st.text(), max_size=30).map("".join))
def test_extraction_never_raises_and_lenient_reading_changes_no_tagged_answer(reply: str) -> None:
    strict = extract_answer(reply)
    assert strict is None or extract_answer(reply, lenient=True) == strict


@pytest.mark.parametrize(
    "reply",
    [
        "<answer>" * 1_250_000,
        "<answer>B</answer>" * 550_000,
        "<answer>" + "x" * 10_000_000,
        "answer is " * 1_000_000,
        "<" * 10_000_000,
        " " * 10_000_000 + "x",
    ],
    ids=["open tags", "pairs", "unclosed", "leads", "brackets", "blanks"],
)
def test_extraction_takes_linear_time(reply: str) -> None:
    started = time.process_time()
    extract_answer(reply, lenient=True)
    assert time.process_time() - started < 5.0


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("<think>a</think>b", "b"),
        ("opened by the template</think>b", "b"),
        ("b<think>never closed", "b"),
        ("<think>a</think>b<think>c</think>d", "bd"),
        ("<think>a<think>b</think>c", "c"),
        ("no thought", "no thought"),
        ("", ""),
    ],
)
def test_thoughts_are_left_out(reply, said):
    assert without_thoughts(reply) == said


def test_an_answer_in_a_thought_is_none():
    assert extract_answer("<think><answer>A</answer></think>I cannot tell.") is None
    assert extract_answer("<think><answer>A</answer></think><answer>B</answer>") == "B"
    assert extract_answer("<think>B? No.</think>\nC", lenient=True) == "C"
