"""Texts of tokens: every byte is shown once, at the token that it belongs to."""

import json

import pytest
from byte_tokens import IMAGE, TURN_END, byte_tokenizer, tokenizer_content
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.errors import MifgError
from mifg_pipeline.report.trajectories import TokenText

TOKENIZER = byte_tokenizer()
CONTENT = tokenizer_content()
TEXT = TokenText(CONTENT)


def ids_of(text: str) -> list[int]:
    return TOKENIZER.encode(text, add_special_tokens=False).ids


@given(st.text())
def test_pieces_are_the_text_that_was_encoded(text):
    assert TEXT.text(ids_of(text)) == text


@given(st.text())
def test_pieces_are_what_the_tokenizer_itself_decodes(text):
    assert TEXT.text(ids_of(text)) == TOKENIZER.decode(ids_of(text), skip_special_tokens=False)


@given(st.lists(st.integers(0, TOKENIZER.get_vocab_size() - 1)))
def test_whatever_was_sampled_no_token_is_lost_and_no_replacement_character_shown(token_ids):
    pieces = list(TEXT.pieces(token_ids))
    assert [token_id for piece in pieces for token_id in piece.token_ids] == token_ids
    assert "\ufffd" not in "".join(piece.text for piece in pieces)
    "".join(piece.text for piece in pieces).encode()  # nor half a character
    assert all(piece.text for piece in pieces)


def test_tokens_that_share_a_character_are_one_piece():
    token_ids = ids_of("図")
    assert len(token_ids) > 1
    assert [(piece.text, piece.token_ids) for piece in TEXT.pieces(token_ids)] == [("図", tuple(token_ids))]


def test_a_token_beside_a_shared_character_stays_its_own():
    before, shared = ids_of("A"), ids_of("図")
    assert [len(piece.token_ids) for piece in TEXT.pieces([*before, *shared, *before])] == [1, len(shared), 1]


def test_bytes_that_are_no_text_are_shown_as_bytes_of_their_own_tokens():
    first, second, _ = ids_of("図")
    pieces = [(piece.text, piece.token_ids) for piece in TEXT.pieces([first, second, *ids_of("A")])]
    assert pieces == [("<0xE5>", (first,)), ("<0x9B>", (second,)), ("A", tuple(ids_of("A")))]


def test_texts_that_were_added_whole_are_shown_as_they_are():
    assert [piece.text for piece in TEXT.pieces(ids_of("straße"))] == ["straße"]
    assert [piece.text for piece in TEXT.pieces(ids_of(f"Yes{TURN_END}"))][-1] == TURN_END


def test_a_row_of_the_model_that_the_vocabulary_has_no_token_for_is_shown_by_its_number():
    assert TEXT.text([100_000]) == "<id 100000>"


def test_the_image_token_is_found_by_its_name():
    assert TEXT.image_token_id == TOKENIZER.token_to_id(IMAGE)


def test_a_decoder_of_several_parts_is_searched_for_the_bytes():
    decoder = {"type": "Sequence", "decoders": [CONTENT["decoder"]]}
    assert TokenText({**CONTENT, "decoder": decoder}).text(ids_of("図")) == "図"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        ("{", "unexpected end"),
        ("[]", "must be integers"),
        ({**CONTENT, "decoder": {"type": "Metaspace"}}, "not of bytes"),
        ({**CONTENT, "added_tokens": []}, r"<\|image_pad\|> is missing"),
    ],
)
def test_a_tokenizer_that_cannot_be_used_is_named_with_the_reason(tmp_path, content, reason):
    if content is not None:
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(MifgError, match=f"tokenizer of {tmp_path} cannot be read: .*{reason}"):
        TokenText.load(str(tmp_path))
