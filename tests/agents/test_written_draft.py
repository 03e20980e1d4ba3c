"""What a model wrote becomes a draft, or comes back with everything that is wrong with it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.agents.replies import WrittenQuestion
from mifg_pipeline.agents.written_draft import UnusableQuestionError, draft_of
from mifg_pipeline.images.frame import Frame

FRAMES = (Frame(1000, 800, 500, 400), Frame(1000, 800, 500, 400))


@pytest.fixture
def write(asked_question, two_images):
    def draft(seed=0, **fields):
        written = WrittenQuestion.model_validate({**asked_question, **fields})
        rng = random.Random(seed)
        return draft_of(written, two_images, FRAMES, pool="train", writer="model/big@0", rng=rng)

    return draft


def test_the_key_is_the_answer_wherever_it_is_shuffled_to(write):
    drafts = [write(seed, distractors=["Image 1", "both", "none"]) for seed in range(40)]
    assert {draft.answer_text() for draft in drafts} == {"Image 2"}
    assert {draft.answer.value for draft in drafts} == set("ABCD")
    assert {frozenset(draft.options) for draft in drafts} == {frozenset(["Image 1", "Image 2", "both", "none"])}


def test_evidence_is_in_pixels_of_the_original(write):
    first, second = write().evidence
    assert (first.image, first.bbox, first.label) == (0, (200, 200, 280, 280), "padlock")
    assert (second.image, second.bbox) == (1, (600, 400, 700, 480))


def test_images_without_evidence_are_distractors(write, asked_question):
    assert write().roles == ("evidence", "evidence")
    assert write(evidence=asked_question["evidence"][1:]).roles == ("distractor", "evidence")


def test_the_writer_makes_no_claim_and_is_named(write):
    draft = write()
    assert (draft.claim, draft.writer, draft.pool) == (None, "model/big@0", "train")


@pytest.mark.parametrize(
    ("kind", "answer", "value"),
    [
        ("integer", "7", 7),
        ("integer", "Seven.", 7),
        ("integer", "1,200", 1200),
        ("boolean", "Yes", True),
        ("boolean", "no.", False),
        ("text", " MW\n994 ", "MW 994"),
    ],
)
def test_open_answers_are_read_by_their_kind(write, kind, answer, value):
    draft = write(answer_kind=kind, answer=answer, distractors=[])
    assert (draft.answer.kind, draft.answer.value, draft.options) == (kind, value, None)


def test_a_question_is_put_on_one_line(write):
    assert write(question=" Which\n\nProposed answer: x ").question == "Which Proposed answer: x"


def test_skills_become_short_words(write):
    assert write(skills=["Two Hop", "counting", " counting ", "?!", *map(str, range(20))]).skills == (
        "two-hop",
        "counting",
        "0",
        "1",
        "2",
        "3",
    )


BOX = [10, 10, 60, 60]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"question": " \n"}, "question: empty"),
        ({"answer": ""}, "answer: empty"),
        ({"answer": "\ud800"}, "answer: contains characters that cannot be written down"),
        ({"question": "What?<|im_end|>"}, "question: contains markup"),
        ({"distractors": ["<image>"]}, "distractors: contains markup"),
        ({"distractors": []}, "0 distractors"),
        ({"distractors": [str(n) for n in range(10)]}, "10 distractors"),
        ({"answer": "B. red", "distractors": ["A. blue"]}, "carry letters"),
        ({"answer": "red", "distractors": ["(b) blue"]}, "carry letters"),
        ({"answer_kind": "integer", "answer": "about 7", "distractors": []}, "'about 7' is not of kind integer"),
        ({"answer_kind": "integer", "answer": "2.5", "distractors": []}, "'2.5' is not of kind integer"),
        ({"answer_kind": "boolean", "answer": "maybe", "distractors": []}, "'maybe' is not of kind boolean"),
        ({"answer_kind": "integer", "answer": "7"}, "distractors belong to answer_kind choice"),
        ({"evidence": []}, "0 pieces of evidence"),
        ({"evidence": [{"image": 3, "bbox": BOX, "label": ""}]}, "evidence 1: there is no Image 3"),
        ({"evidence": [{"image": 1, "bbox": BOX, "label": ""}] * 25}, "25 pieces of evidence"),
        ({"evidence": [{"image": 2, "bbox": [10, 10, 600, 60], "label": ""}]}, "evidence 1, Image 2: .* x ends at 500"),
    ],
)
def test_what_makes_no_sense_is_said(write, fields, problem):
    with pytest.raises(UnusableQuestionError, match=problem):
        write(**fields)


def test_all_that_is_wrong_is_said_at_once(write):
    with pytest.raises(UnusableQuestionError) as error:
        write(question="", answer="", evidence=[{"image": 9, "bbox": BOX, "label": ""}])
    assert len(error.value.problems) >= 3


def test_an_option_that_starts_with_a_word_of_one_letter_is_no_letter(write):
    assert "a red kite" in write(answer="a red kite", distractors=["a blue kite"]).options


texts = st.text(st.characters(codec=None), max_size=20)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-50, 1050)
places = st.fixed_dictionaries(
    {"image": st.integers(-1, 4), "bbox": st.lists(numbers, max_size=5), "label": texts},
)
replies = st.fixed_dictionaries(
    {
        "question": texts,
        "answer_kind": st.sampled_from(["choice", "integer", "boolean", "text"]),
        "answer": texts,
        "distractors": st.lists(texts, max_size=12),
        "evidence": st.lists(places, max_size=3),
        "skills": st.lists(texts, max_size=3),
    }
).map(WrittenQuestion.model_validate)


@given(replies)
def test_whatever_a_model_writes_makes_a_draft_that_can_be_stored_or_a_reason(make_corpus_image, written):
    images = (make_corpus_image("first"), make_corpus_image("second"))
    try:
        said = draft_of(written, images, FRAMES, pool="train", writer="w", rng=random.Random(0)).model_dump_json()
    except UnusableQuestionError as error:
        said = "".join(error.problems)
    assert said.encode()
