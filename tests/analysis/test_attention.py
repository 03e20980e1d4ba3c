"""Attention by turn: who attends to what, and which turns stand around a call."""

import json
from dataclasses import astuple

import pytest
import torch

from mifg_pipeline.analysis.attention import (
    Attended,
    Attention,
    Shares,
    TrajectoryAttention,
    TurnAttention,
    attended,
    attention_of,
    has_sampled,
    summary,
)
from mifg_pipeline.analysis.findings import attention_findings
from mifg_pipeline.analysis.page import as_json
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.ledger import TokenKind
from mifg_pipeline.train.replay import load_scorer


@pytest.fixture(name="policy")
def _policy(source):
    return load_scorer(source.weights.path, torch.device("cpu"), "auto")


@pytest.fixture(name="found")
def _found(source, policy):
    return list(attention_of(source, policy, lambda: None))


def flat(images, turn=1):
    """Equal attention in all layers, of which the question's images have a share."""
    shares = Shares(images, 0.0, 1 - images, 0.0)
    return Attention(shares, shares, shares)


def turn(number, images, *, has_looked=False):
    return TurnAttention(number, 5, "call" if has_looked else "answer", has_looked, flat(images))


def test_every_token_is_one_sort_of_thing(source, policy):
    chat_format = ChatFormat.load(policy.chat_folder)
    tracks = source.tracks(source.lines[2], chat_format)
    sort = attended(tracks).tolist()
    tokens = [chat_format.tokens_of(view) for view in tracks.views]
    assert sort.count(Attended.QUESTION_IMAGES) == sum(tokens[:2])
    assert sort.count(Attended.TOOL_IMAGES) == tokens[2]
    assert sort.count(Attended.OWN_OUTPUT) == tracks.kinds.count(TokenKind.SAMPLED)


def test_each_turn_has_shares_that_add_up_to_one(source, found):
    assert len(found) == len(source.lines)
    for line, one in zip(source.lines, found, strict=True):
        assert [turn.action for turn in one.turns] == [turn.action for turn in line.trajectory.turns]
        assert sum(turn.tokens for turn in one.turns) == line.trajectory.tracks.kinds.count(TokenKind.SAMPLED)
        for part in one.turns:
            for shares in astuple(part.attention):
                assert sum(shares) == pytest.approx(1, abs=1e-5)


def test_a_tools_image_is_attended_to_once_it_is_there(found):
    looked = found[2]
    assert [part.attention.all_layers.tool_images > 0 for part in looked.turns] == [False, True]


def test_the_first_turn_has_no_own_output_before_it(found):
    (only,) = found[0].turns
    # Its first token sees none, its last one all the others.
    assert 0 < only.attention.in_sight.own_output < only.tokens / 100


def test_a_turn_is_averaged_over_the_trajectories_that_have_it():
    one = TrajectoryAttention("q", 0, "answered", (turn(1, 0.4), turn(2, 0.2)))
    other = TrajectoryAttention("r", 0, "answered", (turn(1, 0.6),))
    first, second = summary([one, other], 0).by_turn
    assert (first.turn, first.trajectories, first.attention.all_layers.question_images) == (1, 2, pytest.approx(0.5))
    assert (second.turn, second.trajectories) == (2, 1)


def test_before_and_after_a_call_are_its_turn_and_the_next():
    one = TrajectoryAttention("q", 0, "answered", (turn(1, 0.4, has_looked=True), turn(2, 0.7)))
    other = TrajectoryAttention("r", 0, "answered", (turn(1, 0.9), turn(2, 0.2, has_looked=True), turn(3, 0.7)))
    (call,) = summary([one, other], 0).by_call
    assert call.trajectories == 2
    assert call.before.all_layers.images == pytest.approx(0.3)
    assert call.after.all_layers.images == pytest.approx(0.7)
    assert call.images_gained.mean == pytest.approx(0.4)
    assert (call.images_gained.low, call.images_gained.high) == (pytest.approx(0.3), pytest.approx(0.5))


def test_a_call_without_a_turn_after_it_is_left_out():
    last = TrajectoryAttention("q", 0, "over_turn", (turn(1, 0.4, has_looked=True),))
    assert summary([last], 0).by_call == ()


def test_a_fault_before_the_first_token_has_nothing_to_show(source):
    line = source.lines[0]
    empty = line.trajectory.model_copy(update={"tracks": line.trajectory.tracks.model_copy(update={"kinds": ()})})
    assert has_sampled(line)
    assert not has_sampled(line.model_copy(update={"trajectory": empty}))


def test_the_figures_for_machines_are_those_of_each_trajectory(source, found):
    content = json.loads(as_json(attention_findings(source, found)))
    assert len(content["trajectories"]) == len(found)
    assert [mean["turn"] for mean in content["by_turn"]] == [1, 2, 3]
    assert [mean["call"] for mean in content["by_call"]] == [1, 2]
