"""A trajectory goes through JSON unchanged."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.imagent.trajectory import ShownView, TokenTracks, Trajectory, TurnRecord


def trajectory(**fields):
    turns = (
        TurnRecord(text="a\x00\ud7ff", action="invalid", reason="several"),
        TurnRecord(text="b", action="call", tool="visual_confirmation", image=1, box=(0, 1, 2, 3), view=1),
    )
    views = (ShownView(sha256="a" * 64, box=(0, 1, 2, 3), height=28, width=56),)
    defaults = {"question": "k", "sample": 0, "turns": turns, "end": EndReason.OVER_TURN, "views": views}
    return Trajectory(**{**defaults, **fields})


@given(st.lists(st.floats(allow_nan=False)), st.text(), st.sampled_from(EndReason))
def test_it_comes_back_as_it_was(logprobs, answer, end):
    count = len(logprobs)
    tracks = TokenTracks(token_ids=(1,) * count, kinds=(1,) * count, turns=(0,) * count, logprobs=tuple(logprobs))
    before = trajectory(tracks=tracks, answer=answer, end=end)
    assert Trajectory.model_validate_json(before.model_dump_json()) == before


def test_a_log_probability_that_is_no_number_comes_back():
    tracks = TokenTracks(token_ids=(1,), kinds=(1,), turns=(0,), logprobs=(math.nan,))
    after = Trajectory.model_validate_json(trajectory(tracks=tracks).model_dump_json())
    assert math.isnan(after.tracks.logprobs[0])


def test_tracks_of_different_lengths_are_refused():
    with pytest.raises(ValidationError, match="not of one length"):
        TokenTracks(token_ids=(1, 2), kinds=(1,), turns=(0,), logprobs=(0.0,))


def test_it_knows_whether_a_call_brought_an_image():
    assert trajectory().has_looked
    assert not trajectory(turns=trajectory().turns[:1]).has_looked
