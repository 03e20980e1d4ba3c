"""Pooled attention: what eager attention's whole maps add up to."""

from dataclasses import replace

import pytest
import torch
from policies import batch_of, load
from tiny_trajectories import random_tracks

import mifg_pipeline.analysis.pooled_attention as module
from mifg_pipeline.analysis.attention import Attended, attended, attention_shares
from mifg_pipeline.analysis.pooled_attention import pooled_attention
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.ledger import TokenKind
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.train.model import FAMILIES

SETTINGS = [{}, {"lora": {"rank": 4}}]


@pytest.fixture(name="tracks")
def _tracks(checkpoint):
    return random_tracks(ChatFormat.load(checkpoint), 5, images=2, turns=3)


@pytest.fixture(name="shares")
def _shares(checkpoint, tracks):
    vision_inputs = VisionInputs(ChatFormat.load(checkpoint).image_processor)
    return lambda policy: attention_shares(policy, tracks, vision_inputs)


def whole_maps(checkpoint, tracks):
    """Attention of every layer, (layers, heads, T, T), by the model's own eager attention."""
    chat_format = ChatFormat.load(checkpoint)
    eager = FAMILIES[chat_format.family].from_pretrained(checkpoint, attn_implementation="eager").eval()
    vision = VisionInputs(chat_format.image_processor).of(tracks.views)
    token_ids = torch.tensor([tracks.token_ids])
    with torch.no_grad():
        output = eager(
            input_ids=token_ids,
            attention_mask=torch.ones_like(token_ids),
            mm_token_type_ids=torch.tensor([tracks.image]).int(),
            pixel_values=vision.pixel_values,
            image_grid_thw=vision.grids,
            output_attentions=True,
        )
    return torch.cat(output.attentions)


def test_shares_are_those_of_the_whole_maps(checkpoint, tracks, shares):
    maps = whole_maps(checkpoint, tracks)
    rows = torch.tensor([place - 1 for place, kind in enumerate(tracks.kinds) if kind == TokenKind.SAMPLED])
    group = attended(tracks)
    expected = torch.stack([maps[:, :, rows][..., group == kind].sum(-1).mean(1) for kind in Attended], dim=-1)
    assert torch.allclose(shares(load(checkpoint)), expected, atol=1e-6)


def test_the_shares_of_each_token_add_up_to_one(checkpoint, shares):
    found = shares(load(checkpoint))
    assert len(found) == 3
    assert torch.allclose(found.sum(-1), torch.ones(found.shape[:2]), atol=1e-6)


def test_equal_queries_attend_to_all_in_sight_alike(checkpoint, tracks, shares):
    policy = load(checkpoint)
    for name, parameter in policy.model.named_parameters():
        if "language_model" in name and ".q_proj." in name:
            torch.nn.init.zeros_(parameter)
    group = attended(tracks)
    rows = [place - 1 for place, kind in enumerate(tracks.kinds) if kind == TokenKind.SAMPLED]
    expected = torch.tensor([[float((group[: row + 1] == kind).float().mean()) for kind in Attended] for row in rows])
    for layer in shares(policy):
        assert torch.allclose(layer, expected, atol=1e-6)


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_model_computes_what_it_did_without(checkpoint, tracks, settings):
    policy = load(checkpoint, **settings)
    batch = batch_of(policy, [tracks])
    with torch.no_grad():
        before = policy(batch, 1.0)
        with pooled_attention(policy.model, torch.tensor([3]), attended(tracks), len(Attended)) as layers:
            during = policy(batch, 1.0)
        after = policy(batch, 1.0)
    assert len(layers) == 3
    assert torch.equal(before, during)
    assert torch.equal(before, after)


def test_an_error_leaves_the_model_as_it_was(checkpoint, tracks):
    policy = load(checkpoint)
    with (
        pytest.raises(KeyError),
        pooled_attention(policy.model, torch.tensor([3]), attended(tracks), len(Attended)) as layers,
    ):
        raise KeyError
    with torch.no_grad():
        policy(batch_of(policy, [tracks]), 1.0)
    assert layers == []


def test_few_rows_at_a_time_give_the_same(checkpoint, shares, monkeypatch):
    policy = load(checkpoint)
    whole = shares(policy)
    monkeypatch.setattr(module, "MAX_SCORES", 1)
    assert torch.allclose(shares(policy), whole, atol=1e-7)


def test_a_batch_of_two_is_refused(checkpoint, tracks):
    policy = load(checkpoint)
    batch = batch_of(policy, [tracks, replace(tracks)])
    with (
        pytest.raises(AssertionError, match="one sequence"),
        pooled_attention(policy.model, torch.tensor([3]), attended(tracks), len(Attended)),
    ):
        policy(batch, 1.0)
