import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.items import OPTION_LETTERS, Answer, ImageRef, Sample, Tolerance
from mifg_pipeline.scoring import expected_scores, score_reply, score_text

IMAGE = ImageRef(sha256="0" * 64, path="a.jpg", width=10, height=10, phash="0" * 16)


def score(kind: str, value: Any, text: str, **fields: Any) -> float:
    return score_text(Answer(kind=kind, value=value, **fields), None, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(20, "20"), (20, "twenty"), (20, "20.0"), (0, "0.0"), (1200, "1,200"), (-5, "−5"), (105, "one hundred and five")],
)
def test_an_integer_is_right_in_any_notation(value: int, text: str) -> None:
    assert score("integer", value, text) == 1.0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (20, "19"),
        (2024, "1950"),
        (2024, "2023"),
        (5, "-5"),
        (-5, "5"),
        (-5, "-five or 5"),
        (0, "none"),
        (0, "no"),
        (7, "7.4"),
        (7, "7 or 8"),
        (7, "17"),
        (52, "5²"),
        (7, "seven eight"),
        (7, "3 + 4"),
    ],
)
def test_an_integer_has_no_tolerance(value: int, text: str) -> None:
    assert score("integer", value, text) == 0.0


@pytest.mark.parametrize("text", ["5", "5 km", "5km", "5 KM.", "five km"])
def test_a_unit_may_be_repeated(text: str) -> None:
    assert score("integer", 5, text, unit="km") == 1.0


@pytest.mark.parametrize(("unit", "text"), [("km", "5 m"), ("km", "km"), (None, "5 km"), ("km", "15 km")])
def test_another_unit_or_number_is_wrong(unit: str | None, text: str) -> None:
    assert score("integer", 5, text, unit=unit) == 0.0


def test_a_unit_may_stand_before_the_number() -> None:
    assert score("number", 5.5, "$5.50", unit="$") == 1.0


@pytest.mark.parametrize("text", ["0.2", "0.4", "0.3", "0.25"])
def test_the_bounds_of_an_absolute_tolerance_are_right(text: str) -> None:
    assert score("number", 0.3, text, tolerance=Tolerance(absolute=0.1)) == 1.0


@pytest.mark.parametrize("text", ["0.19999", "0.40001", "-0.3", "about 0.3"])
def test_beyond_an_absolute_tolerance_is_wrong(text: str) -> None:
    assert score("number", 0.3, text, tolerance=Tolerance(absolute=0.1)) == 0.0


@pytest.mark.parametrize(("text", "right"), [("-190", 1.0), ("-210", 1.0), ("-189.9", 0.0), ("200", 0.0)])
def test_a_relative_tolerance_is_a_share_of_the_size_of_the_key(text: str, right: float) -> None:
    assert score("number", -200.0, text, tolerance=Tolerance(relative=0.05)) == right


def test_a_number_without_tolerance_is_exact() -> None:
    assert [score("number", 0.1, text) for text in ("0.10", "0.1000001")] == [1.0, 0.0]


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_a_key_that_is_not_finite_is_never_met(value: float) -> None:
    assert score("number", value, "5", tolerance=Tolerance(relative=1.0)) == 0.0


@pytest.mark.parametrize("text", ["yes", "Yes.", "TRUE", "not false", "It is true", "it's true"])
def test_an_affirmation_is_true(text: str) -> None:
    assert [score("boolean", value, text) for value in (True, False)] == [1.0, 0.0]


@pytest.mark.parametrize("text", ["no", "No!", "false", "not true", "It is not true", "it isn't true", "it's false"])
def test_a_negation_is_false(text: str) -> None:
    assert [score("boolean", value, text) for value in (True, False)] == [0.0, 1.0]


@pytest.mark.parametrize("text", ["yes and no", "yes, no", "maybe", "none", "not", "1", "0", "know", "notrue"])
def test_what_is_neither_is_wrong_for_both(text: str) -> None:
    assert [score("boolean", value, text) for value in (True, False)] == [0.0, 0.0]


@pytest.mark.parametrize("text", ["The Old Mill", "old mill", "“Old mill”.", "water mill", "OLD  MILL"])
def test_a_text_is_right_in_any_form_and_by_its_aliases(text: str) -> None:
    assert score("text", "the old mill", text, aliases=("Water Mill",)) == 1.0


@pytest.mark.parametrize("text", ["old", "the old mill or the water mill", "mill old", "new mill"])
def test_a_part_of_a_text_or_more_than_it_is_wrong(text: str) -> None:
    assert score("text", "the old mill", text, aliases=("Water Mill",)) == 0.0


@pytest.mark.parametrize(("value", "text"), [("012", "12"), ("7", "seven"), ("-5", "5"), ("none", "0")])
def test_a_text_is_not_compared_by_its_number(value: str, text: str) -> None:
    assert score("text", value, text) == 0.0


@pytest.mark.parametrize(
    "text",
    [
        *("1, 3", "1 and 3", "Images 1 and 3", "[1, 3]", "Image 1, Image 3", "(1, 3)", "1,3", "images 1, 3.", "1; 3"),
        *("1\n3", '["1", "3"]', "one and three", "Image 1 and Image 3", "**1, 3**"),
    ],
)
def test_a_list_is_right_in_any_notation(text: str) -> None:
    assert score("list", ("1", "3"), text) == 1.0


@pytest.mark.parametrize("text", ["1", "3", "1, 2", "1, 3, 3", "1, 2, 3", "13", "1 3", "1–3", "", "[]", "1, -3"])
def test_a_list_with_other_elements_is_wrong(text: str) -> None:
    assert score("list", ("1", "3"), text) == 0.0


def test_the_order_of_a_list_counts_where_the_key_says_so() -> None:
    assert [score("list", ("1", "3"), "3, 1", ordered=ordered) for ordered in (True, False)] == [0.0, 1.0]


def test_an_unordered_list_counts_repetitions() -> None:
    assert score("list", ("red", "red", "blue"), "blue, blue and red", ordered=False) == 0.0


def test_elements_of_several_words_are_normalised() -> None:
    assert score("list", ("top left", "the dog"), "Top left, and a dog") == 1.0


def test_elements_with_separators_in_them_are_right() -> None:
    assert (
        score("list", ("Image 2, upper left", "Image 1, lower right"), "image 2, upper left; image 1, lower right")
        == 1.0
    )


def sample(answer: Answer, options: tuple[str, ...] | None = None) -> Sample:
    return Sample(images=(IMAGE,), question="What?", options=options, answer=answer)


def test_a_reply_without_tags_is_wrong_unless_read_leniently() -> None:
    seven = Answer(kind="integer", value=7)
    assert [score_reply(seven, None, "The answer is 7.", lenient=lenient) for lenient in (False, True)] == [0.0, 1.0]


def test_only_the_last_of_several_answers_counts() -> None:
    seven = Answer(kind="integer", value=7)
    assert score_reply(seven, None, "<answer>7</answer><answer>8</answer>") == 0.0


def test_scoring_works_off_the_main_thread() -> None:
    scores: list[float] = []
    seven = Answer(kind="integer", value=7)
    thread = threading.Thread(target=lambda: scores.append(score_reply(seven, None, "<answer>seven</answer>")))
    thread.start()
    thread.join()
    assert scores == [1.0]


def answers() -> st.SearchStrategy[Answer]:
    texts = st.text(min_size=1).filter(lambda text: bool(text.strip()))
    finite = st.floats(allow_nan=False, allow_infinity=False)
    tolerances = st.none() | st.builds(Tolerance, absolute=st.floats(0, 1e6), relative=st.floats(0, 1))
    units = st.none() | st.sampled_from(["km", "%", "$", "m2", "in.", "red circles"])
    return st.one_of(
        st.builds(Answer, kind=st.just("integer"), value=st.integers(), unit=units),
        st.builds(Answer, kind=st.just("number"), value=finite, tolerance=tolerances, unit=units),
        st.builds(Answer, kind=st.just("boolean"), value=st.booleans()),
        st.builds(Answer, kind=st.just("text"), value=texts, aliases=st.lists(texts, max_size=3).map(tuple)),
        st.builds(
            Answer,
            kind=st.just("list"),
            value=st.lists(texts, min_size=1, max_size=5).map(tuple),
            ordered=st.booleans(),
        ),
    )


@given(answers())
def test_the_key_of_an_open_answer_always_scores(answer: Answer) -> None:
    question = sample(answer)
    assert {score_text(answer, None, text) for text, _ in expected_scores(question)} == {1.0}


@given(answers(), st.text() | st.from_regex(r"[-+.,e0-9() ]*|\[?(image|images|yes|no|and|,| |[0-9])*\]?"))
def test_scoring_never_raises_and_gives_0_or_1(answer: Answer, text: str) -> None:
    assert score_text(answer, None, text) in (0.0, 1.0)


@given(st.text(), st.lists(st.text(min_size=1), min_size=2, max_size=10), st.booleans())
def test_scoring_a_choice_never_raises(reply: str, options: list[str], lenient: bool) -> None:
    last = Answer(kind="choice", value=OPTION_LETTERS[len(options) - 1])
    assert score_reply(last, options, reply, lenient) in (0.0, 1.0)


@pytest.mark.parametrize("filler", ["9", "a ", "one ", "(", "\ufdfa", " ", "1,", "*", "and ", "the answer is "])
@pytest.mark.parametrize(
    "question",
    [
        sample(Answer(kind="choice", value="B"), ("dog", "cat")),
        sample(Answer(kind="integer", value=7, unit="km")),
        sample(Answer(kind="number", value=7.5, tolerance=Tolerance(relative=0.1))),
        sample(Answer(kind="boolean", value=True)),
        sample(Answer(kind="text", value="dog", aliases=("cat",))),
        sample(Answer(kind="list", value=("1", "3"), ordered=False)),
    ],
    ids=lambda question: question.answer.kind,
)
@pytest.mark.parametrize("length", [4000, 10_000_000])
def test_replies_of_any_length_are_scored_in_bounded_time(question: Sample, filler: str, length: int) -> None:
    reply = f"<answer>{filler * (length // len(filler))}</answer>"
    started = time.process_time()
    assert score_reply(question.answer, question.options, reply) == 0.0
    assert time.process_time() - started < 2.0


def test_expected_scores_name_letters_and_texts_of_all_options() -> None:
    question = sample(Answer(kind="choice", value="B"), ("dog", "cat"))
    assert list(expected_scores(question)) == [("A", 0.0), ("dog", 0.0), ("B", 1.0), ("cat", 1.0)]
