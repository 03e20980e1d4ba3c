import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.engines.ledger import ImageTokenMismatch, TokenKind, TokenLedger, Tracks
from mifg_pipeline.engines.view import View

IMAGE = 99
SIDE = 28


def make_view(rows: int, columns: int) -> View:
    height, width = rows * SIDE, columns * SIDE
    return View(f"{rows}x{columns}", None, height, width, np.zeros((height, width, 3), np.uint8))


def tokens_of(view: View) -> int:
    return view.height // SIDE * (view.width // SIDE)


def new_ledger() -> TokenLedger:
    return TokenLedger(IMAGE, tokens_of)


texts = st.lists(st.integers(0, IMAGE - 1), max_size=4)
views = st.builds(make_view, st.integers(1, 3), st.integers(1, 3))
given_parts = st.lists(st.one_of(texts, views), max_size=4)
kinds = st.sampled_from([TokenKind.PROMPT, TokenKind.TEMPLATE, TokenKind.OBSERVATION])
additions = st.lists(st.one_of(st.tuples(kinds, given_parts), texts), max_size=6)


def fill(ledger, steps):
    """Adds the steps, and returns what each should have added to both tracks."""
    added = []
    for turn, step in enumerate(steps):
        if isinstance(step, list):
            ledger.add_sampled(step, [-0.5] * len(step), turn=turn)
            added.append((TokenKind.SAMPLED, step, []))
            continue
        kind, parts = step
        token_ids = [token for part in parts for token in ([IMAGE] if isinstance(part, View) else part)]
        shown = [part for part in parts if isinstance(part, View)]
        before = len(ledger)
        expected = ledger.length_with(token_ids, shown)
        ledger.add(kind, token_ids, shown, turn=turn)
        assert len(ledger) == expected
        assert expected - before == len(token_ids) - len(shown) + sum(map(tokens_of, shown))
        added.append((kind, token_ids, shown))
    return added


@given(additions)
def test_both_tracks_agree_but_for_the_length_of_images(steps):
    ledger = new_ledger()
    fill(ledger, steps)
    tracks = ledger.tracks()
    remaining = list(tracks.token_ids)
    shown = iter(tracks.views)
    for token in ledger.engine_token_ids:
        span = tokens_of(next(shown)) if token == IMAGE else 1
        assert remaining[:span] == [token] * span
        del remaining[:span]
    assert remaining == []
    assert list(shown) == []


@given(additions)
def test_kinds_turns_and_log_probabilities_follow_what_was_added(steps):
    ledger = new_ledger()
    added = fill(ledger, steps)
    expected = [
        (kind, turn, -0.5 if kind is TokenKind.SAMPLED else 0.0)
        for turn, (kind, token_ids, shown) in enumerate(added)
        for _ in range(len(token_ids) - len(shown) + sum(map(tokens_of, shown)))
    ]
    tracks = ledger.tracks()
    assert list(zip(tracks.kinds, tracks.turns, tracks.logprobs, strict=True)) == expected
    assert len(ledger) == len(tracks.token_ids) == len(tracks.image) == len(expected)


@given(additions)
def test_image_flags_stand_on_whole_images(steps):
    ledger = new_ledger()
    fill(ledger, steps)
    tracks = ledger.tracks()
    assert tracks.image == tuple(token == IMAGE for token in tracks.token_ids)
    assert sum(tracks.image) == sum(map(tokens_of, tracks.views))


@given(additions)
def test_the_prompt_that_the_ledger_holds_is_accepted(steps):
    ledger = new_ledger()
    fill(ledger, steps)
    ledger.check_prompt(ledger.tracks().token_ids)


@pytest.mark.parametrize("reported", [[1, 99, 2], [1, 99, 99, 3], [1, 99, 99, 2, 2], []])
def test_a_prompt_that_differs_is_refused(reported):
    ledger = new_ledger()
    ledger.add(TokenKind.PROMPT, [1, IMAGE, 2], [make_view(1, 2)], turn=-1)
    with pytest.raises(ImageTokenMismatch, match="the ledger holds 4"):
        ledger.check_prompt(reported)


def test_a_sampled_image_token_is_refused():
    with pytest.raises(ValueError, match="image token was sampled"):
        new_ledger().add_sampled([1, IMAGE], [0.0, 0.0], turn=0)


def test_sampled_tokens_need_their_log_probabilities():
    with pytest.raises(ValueError, match="2 sampled tokens with 1 log-probabilities"):
        new_ledger().add_sampled([1, 2], [0.0], turn=0)


def test_sampled_tokens_cannot_be_added_as_given():
    with pytest.raises(ValueError, match="log-probabilities"):
        new_ledger().add(TokenKind.SAMPLED, [1], turn=0)


@pytest.mark.parametrize("token_ids", [[1], [IMAGE, IMAGE]])
def test_views_need_an_image_token_each(token_ids):
    with pytest.raises(ValueError, match="stand for 1 views"):
        new_ledger().add(TokenKind.PROMPT, token_ids, [make_view(1, 1)], turn=-1)


def test_a_refused_addition_leaves_the_ledger_as_it_was():
    ledger = new_ledger()
    with pytest.raises(ValueError, match="stand for"):
        ledger.add(TokenKind.PROMPT, [1], [make_view(1, 1)], turn=-1)
    assert ledger.engine_token_ids == ledger.views == ledger.tracks().token_ids == ()


def test_tracks_of_different_lengths_cannot_be():
    with pytest.raises(AssertionError, match="different lengths"):
        Tracks((1, 2), (TokenKind.PROMPT,), (-1,), (0.0,), (False,), ())
