from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.config import GateSettings
from mifg_pipeline.gates import duplicates, question_key
from mifg_pipeline.items import Answer, Draft, ImageRef

MakeDraft = Callable[..., Draft]
MakeImage = Callable[..., ImageRef]
SETTINGS = GateSettings(near_duplicate_distance=6)


def hash_with(bits: int) -> str:
    return f"{(1 << bits) - 1:016x}"


@pytest.mark.parametrize(("distance", "passed"), [(0, False), (6, False), (7, True)])
def test_images_up_to_the_distance_are_near_duplicates(
    make_draft: MakeDraft, make_image_ref: MakeImage, distance: int, passed: bool
) -> None:
    images = (make_image_ref("first", phash=hash_with(0)), make_image_ref("second", phash=hash_with(distance)))
    assert duplicates(make_draft(images=images), SETTINGS).passed is passed


@given(first=st.integers(0, 2**64 - 1), second=st.integers(0, 2**64 - 1))
def test_the_distance_is_the_number_of_different_bits(first: int, second: int) -> None:
    images = tuple(
        ImageRef(sha256=digit * 64, path="a.jpg", width=300, height=300, phash=f"{value:016x}")
        for digit, value in (("0", first), ("1", second))
    )
    draft = Draft.model_construct(images=images)
    assert duplicates(draft, SETTINGS).passed is (bin(first ^ second).count("1") > 6)


def test_the_same_image_twice_is_rejected(make_draft: MakeDraft, make_image_ref: MakeImage) -> None:
    result = duplicates(make_draft(images=(make_image_ref("first"), make_image_ref("first"))), SETTINGS)
    assert not result.passed
    assert result.reason == "an image occurs twice"


def test_an_image_and_its_derivative_may_be_alike(make_draft: MakeDraft, make_image_ref: MakeImage) -> None:
    first = make_image_ref("first", phash=hash_with(0))
    edited = make_image_ref("second", phash=hash_with(1), derived_from=(first.sha256,))
    assert duplicates(make_draft(images=(edited, first)), SETTINGS).passed


def test_images_with_one_parent_may_be_alike(make_draft: MakeDraft, make_image_ref: MakeImage) -> None:
    images = tuple(make_image_ref(name, phash=hash_with(0), derived_from=("a" * 64,)) for name in ("first", "second"))
    assert duplicates(make_draft(images=images), SETTINGS).passed


def test_images_with_different_parents_may_not_be_alike(make_draft: MakeDraft, make_image_ref: MakeImage) -> None:
    images = tuple(make_image_ref(digit, phash=hash_with(0), derived_from=(digit * 64,)) for digit in "ab")
    assert not duplicates(make_draft(images=images), SETTINGS).passed


def test_the_key_ignores_order_of_images_form_of_words_and_options(
    make_draft: MakeDraft, make_image_ref: MakeImage
) -> None:
    draft = make_draft(question="Which of Images 1 and 2 shows the kite?")
    same = make_draft(
        question="which of images 1 and 2 shows a kite",
        images=(make_image_ref("second"), make_image_ref("first")),
        options=("Image 2", "Image 1"),
        answer=Answer(kind="choice", value="A"),
    )
    assert question_key(draft) == question_key(same)


def test_the_key_tells_questions_and_images_apart(make_draft: MakeDraft, make_image_ref: MakeImage) -> None:
    drafts = (
        make_draft(),
        make_draft(question="Which of Images 1 and 2 shows the blue kite?"),
        make_draft(images=(make_image_ref("first"), make_image_ref("third"))),
        make_draft(images=(make_image_ref("first"), make_image_ref("another detail", derived_from=("a" * 64,)))),
    )
    assert len({question_key(draft) for draft in drafts}) == 4
