"""Attempts put a question in different ways, and their replies are read back into the question's own terms."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.agents.variation import CANNOT_BE_DETERMINED, vary
from mifg_pipeline.items import OPTION_LETTERS, Answer

seeds = st.integers(0, 10**9).map(random.Random)


@pytest.fixture(scope="session")
def four_options(make_draft, make_image_ref):
    return make_draft(
        images=tuple(make_image_ref(name) for name in ("first", "second", "third", "fourth")),
        question="Which of Images 1–4 shows the red kite?",
        options=("Image 1", "Image 2", "Image 3", "Image 4"),
        answer=Answer(kind="choice", value="C"),
        roles=("distractor", "evidence", "evidence", "distractor"),
    )


@given(seeds, st.booleans(), st.booleans())
def test_the_right_option_is_right_wherever_it_stands(four_options, rng, permute, may_give_up):
    variation = vary(four_options, rng, permute=permute, may_give_up=may_give_up)
    key = str(variation.draft.answer.value)
    assert variation.is_right(key)
    assert variation.is_right(variation.draft.answer_text())
    assert variation.original_answer(key) == "C"


@given(seeds, st.booleans())
def test_every_letter_is_read_back_as_the_option_that_it_stands_for(four_options, rng, permute):
    variation = vary(four_options, rng, permute=permute)
    for letter, shown in zip("ABCD", variation.draft.options, strict=True):
        original = four_options.options["ABCD".index(variation.original_answer(letter))]
        assert variation.permutation.inverse.text(shown) == original
        assert variation.is_right(letter) is (original == "Image 3")


@pytest.mark.parametrize("permute", [False, True])
def test_options_stand_in_every_order_and_images_too_where_they_are_permuted(permute, four_options):
    variations = [vary(four_options, random.Random(seed), permute=permute) for seed in range(300)]
    assert len({variation.letters for variation in variations}) == 24
    assert len({variation.permutation for variation in variations}) == (24 if permute else 1)


def test_a_choice_can_be_left_open_by_a_last_option(four_options):
    variation = vary(four_options, random.Random(1), may_give_up=True)
    assert variation.draft.options[-1] == CANNOT_BE_DETERMINED
    assert variation.original_answer("E") == CANNOT_BE_DETERMINED
    assert not variation.is_right("E")


def test_there_is_no_letter_left_for_a_further_option_after_ten(make_draft):
    ten = tuple(f"kite {number}" for number in "abcdefghij")
    draft = make_draft(options=ten, answer=Answer(kind="choice", value="J"))
    variation = vary(draft, random.Random(1), may_give_up=True)
    assert sorted(variation.draft.options) == sorted(ten)
    assert {variation.original_answer(letter) for letter in OPTION_LETTERS} == set(OPTION_LETTERS)


def test_an_option_that_leaves_it_open_is_not_given_twice(make_draft):
    draft = make_draft(options=("red", "Cannot be determined."), answer=Answer(kind="choice", value="A"))
    assert len(vary(draft, random.Random(1), may_give_up=True).draft.options) == 2


@pytest.mark.parametrize("reply", ["", "the red one", "A or B", "Z", "A" * 100_000, "A" + " " * 100_000])
def test_what_chooses_nothing_is_empty(reply, four_options):
    variation = vary(four_options, random.Random(1))
    assert variation.original_answer(reply) == ""
    assert not variation.is_right(reply)


@given(seeds)
def test_lists_of_images_are_read_back_with_their_original_numbers(four_options, rng):
    answer = Answer(kind="list", value=("2", "4", "1", "3"))
    draft = four_options.model_copy(
        update={"question": "Order Images 1–4 from first to last.", "options": None, "answer": answer}
    )
    variation = vary(draft, rng, permute=True)
    reply = ", ".join(variation.draft.answer.value)
    assert variation.is_right(reply)
    assert variation.original_answer(reply) == "2, 4, 1, 3"


def test_an_open_answer_is_kept_short(make_draft):
    draft = make_draft(options=None, answer=Answer(kind="text", value="kite"))
    assert len(vary(draft, random.Random(1)).original_answer("kite\n" * 10_000)) == 200


def test_what_cannot_be_permuted_keeps_its_order(make_draft):
    draft = make_draft(question="What is in the second image?", options=None, answer=Answer(kind="text", value="kite"))
    shown = {vary(draft, random.Random(seed), permute=True).draft.images for seed in range(20)}
    assert shown == {draft.images}
