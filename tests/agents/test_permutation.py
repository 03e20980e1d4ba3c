"""A permuted draft asks the same in other words."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.agents.permutation import Permutation, can_be_permuted, permuted
from mifg_pipeline.gates.references import named_images
from mifg_pipeline.items import Answer, Claim, Region
from mifg_pipeline.scoring import score_text

permutations = st.permutations(range(4)).map(lambda order: Permutation(tuple(order)))

# Images 1, 2, 3 and 4 become 3, 1, 4 and 2.
ROTATED = Permutation((1, 3, 0, 2))


@pytest.fixture(scope="session")
def make_question(make_draft, make_image_ref):
    def build(question, answer, options=None):
        return make_draft(
            images=tuple(make_image_ref(f"image {number}") for number in range(1, 5)),
            question=question,
            options=options,
            answer=answer,
            roles=("evidence", "query", "distractor", "distractor"),
            evidence=(Region(image=0, bbox=(1, 2, 30, 40), label="kite"),),
            claim=Claim(family="x", form="y"),
        )

    return build


def choice(letter):
    return Answer(kind="choice", value=letter)


def listed(*elements, ordered=True):
    return Answer(kind="list", value=elements, ordered=ordered)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is in Image 2?", "What is in Image 1?"),
        ("Which of Images 1, 2 and 4 has it?", "Which of Images 3, 1 and 2 has it?"),
        ("Which of Images 1–3 has it?", "Which of Images 3, 1 and 4 has it?"),
        ("Is it in images 1 or 2?", "Is it in images 3 or 1?"),
        ("How many of the 3 cats in Image 3?", "How many of the 3 cats in Image 4?"),
    ],
)
def test_names_of_images_are_renumbered_and_other_numbers_stay(question, expected, make_question):
    draft = make_question(question, Answer(kind="integer", value=3))
    assert permuted(draft, ROTATED).question == expected
    assert permuted(draft, ROTATED).answer == draft.answer


def test_options_that_name_images_are_renumbered(make_question):
    draft = make_question("Which?", choice("B"), ("Image 1", "Image 2, upper left", "neither"))
    assert permuted(draft, ROTATED).options == ("Image 3", "Image 1, upper left", "neither")


def test_counts_among_the_options_stay(make_question):
    draft = make_question("How many dots are there?", choice("A"), ("1", "2", "3"))
    assert can_be_permuted(draft)
    assert permuted(draft, ROTATED).options == ("1", "2", "3")


def test_pairings_of_images_are_renumbered(make_question):
    draft = make_question("Which pairing (detail–image) is right?", choice("A"), ("1–3, 2–4", "1–4, 2–3"))
    assert can_be_permuted(draft)
    assert permuted(draft, ROTATED).options == ("3–4, 1–2", "3–2, 1–4")


def test_lists_of_image_numbers_are_renumbered(make_question):
    draft = make_question("List them from the closest to the widest.", listed("2", "4", "1"))
    assert can_be_permuted(draft)
    assert permuted(draft, ROTATED).answer.value == ("1", "2", "3")


def test_an_answer_in_words_is_renumbered_with_its_aliases(make_question):
    draft = make_question("Where is it?", Answer(kind="text", value="Image 2", aliases=("in image 2",)))
    assert permuted(draft, ROTATED).answer == Answer(kind="text", value="Image 1", aliases=("in image 1",))


def test_images_roles_and_evidence_move_together(make_question):
    draft = make_question("What is in Image 1?", Answer(kind="text", value="kite"))
    shown = permuted(draft, ROTATED)
    assert shown.images[2] == draft.images[0]
    assert shown.roles == ("query", "distractor", "evidence", "distractor")
    assert [(region.image, region.label) for region in shown.evidence] == [(2, "kite")]


def test_the_claim_speaks_of_the_old_order_and_is_dropped(make_question):
    draft = make_question("What is in Image 1?", Answer(kind="text", value="kite"))
    assert draft.claim is not None
    assert permuted(draft, ROTATED).claim is None


@pytest.mark.parametrize(
    ("question", "answer", "options"),
    [
        ("What is in the second image?", Answer(kind="text", value="kite"), None),
        ("Which of the last two images has it?", Answer(kind="text", value="kite"), None),
        ("In which image is it? Give the number.", Answer(kind="integer", value=2), None),
        ("Give the number of the image with a kite.", Answer(kind="integer", value=2), None),
        ("Which image shows it?", choice("A"), ("1", "2", "3")),
        ("Which order is right?", choice("A"), ("1, 2, 3", "3, 2, 1")),
        ("How many dots are in each?", listed("1", "7"), None),
    ],
)
def test_what_cannot_be_told_from_an_image_number_is_left_in_order(question, answer, options, make_question):
    assert not can_be_permuted(make_question(question, answer, options))


@pytest.mark.parametrize(
    ("question", "answer", "options"),
    [
        ("How many dots are there in Image 2?", Answer(kind="integer", value=2), None),
        ("Which image has the kite, and how many dots does it show?", Answer(kind="integer", value=2), None),
        ("Order Images 1, 2 and 3 from first to last.", listed("2", "1", "3"), None),
        ("What stands on the sign in Image 1?", Answer(kind="text", value="4711"), None),
        ("Name both colours.", listed("red", "blue"), None),
    ],
)
def test_what_can_be_told_apart_is_permuted(question, answer, options, make_question):
    assert can_be_permuted(make_question(question, answer, options))


QUESTIONS = (
    ("Which of Images 1, 2, 3 and 4 has the kite of Image 2?", choice("C"), ("Image 1", "Image 2", "Image 4")),
    ("Which of Images 1–3 match?", listed("1", "3", ordered=False), None),
    ("Pair Images 1 and 2 with Images 3 and 4.", choice("B"), ("1–3, 2–4", "1–4, 2–3")),
    ("How many dots are there in Images 2 and 4?", Answer(kind="integer", value=3), None),
)


@given(st.sampled_from(QUESTIONS), permutations)
def test_the_same_images_are_named_under_their_new_numbers(make_question, question, permutation):
    draft = make_question(*question)
    expected = {permutation.number(number) for number in named_images(draft.question)}
    assert named_images(permuted(draft, permutation).question) == expected


@given(st.sampled_from(QUESTIONS), permutations)
def test_the_inverse_leads_back(make_question, question, permutation):
    draft = permuted(make_question(*question), Permutation((0, 1, 2, 3)))
    assert permuted(permuted(draft, permutation), permutation.inverse) == draft


@given(st.sampled_from(QUESTIONS), permutations, st.integers(0, 10**6))
def test_a_renumbered_reply_scores_as_the_reply_did(make_question, question, permutation, seed):
    draft = make_question(*question)
    shown = permuted(draft, permutation)
    replies = [draft.answer_text(), *(draft.options or ()), "1, 3", "3 and 1", "2", "Image 4", "3"]
    reply = random.Random(seed).choice(replies)
    if draft.options is not None and reply in draft.options:
        given_to_shown = shown.options[draft.options.index(reply)]
    elif draft.answer.kind == "list":
        given_to_shown = permutation.answer_text(reply, draft.answer)
    else:
        return
    assert score_text(shown.answer, shown.options, given_to_shown) == score_text(draft.answer, draft.options, reply)
