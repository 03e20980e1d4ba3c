"""Micro-batches hold every trajectory once, and batches are what the model reads of it."""

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from policies import scored_tokens
from tiny_model import write_tiny_model
from tiny_trajectories import random_tracks

from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.train.model import FAMILIES
from mifg_pipeline.train.token_batch import TokenBatch, micro_batches, token_batch

lengths_of_trajectories = st.lists(st.integers(1, 300), max_size=40)


@given(lengths_of_trajectories, st.integers(1, 1000))
def test_each_trajectory_is_in_exactly_one_micro_batch(lengths: list[int], max_tokens: int) -> None:
    groups = micro_batches(lengths, max_tokens)
    assert sorted(position for group in groups for position in group) == list(range(len(lengths)))


@given(lengths_of_trajectories, st.integers(1, 1000))
def test_only_a_trajectory_alone_exceeds_the_budget(lengths: list[int], max_tokens: int) -> None:
    for group in micro_batches(lengths, max_tokens):
        assert len(group) == 1 or max(lengths[position] for position in group) * len(group) <= max_tokens


@given(lengths_of_trajectories, st.integers(1, 1000))
def test_the_longest_come_first_so_that_too_little_memory_shows_at_once(lengths: list[int], max_tokens: int) -> None:
    order = [lengths[position] for group in micro_batches(lengths, max_tokens) for position in group]
    assert order == sorted(lengths, reverse=True)


@pytest.fixture(scope="module", params=sorted(FAMILIES))
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model of each family."""
    folder = tmp_path_factory.mktemp(request.param)
    write_tiny_model(folder, family=request.param)
    return folder


@pytest.fixture(scope="module")
def chat_format(checkpoint: Path) -> ChatFormat:
    """Of the tiny model."""
    return ChatFormat.load(checkpoint)


@pytest.fixture(scope="module")
def batch(chat_format: ChatFormat) -> TokenBatch:
    """Three ragged trajectories, the first and last of which show the same images."""
    tracks = [random_tracks(chat_format, seed, images=3, turns=3) for seed in (1, 2, 1)]
    vision_inputs = VisionInputs(chat_format.image_processor)
    return token_batch((0, 1, 2), tracks, scored_tokens(tracks), vision_inputs, 2)


def test_positions_are_those_that_the_model_works_out(
    checkpoint: Path, chat_format: ChatFormat, batch: TokenBatch
) -> None:
    model = FAMILIES[chat_format.family].from_pretrained(checkpoint).model
    lengths = [len(random_tracks(chat_format, seed, images=3, turns=3).token_ids) for seed in (1, 2, 1)]
    positions, _ = model.get_rope_index(
        batch.input_ids,
        mm_token_type_ids=(batch.input_ids == model.config.image_token_id).int(),
        image_grid_thw=batch.image_grid_thw[batch.image_index],
        attention_mask=(torch.arange(batch.input_ids.shape[1]) < torch.tensor(lengths)[:, None]).long(),
    )
    assert torch.equal(batch.position_ids, positions)


def test_each_different_view_is_prepared_once(batch: TokenBatch) -> None:
    shown = 2 * (3 + 2) + (3 + 2)
    assert len(batch.image_index) == shown
    assert len(batch.image_grid_thw) == 2 * 4
    assert int(batch.image_grid_thw.prod(dim=1).sum()) == len(batch.pixel_values)


def test_a_padded_token_cannot_be_scored(chat_format: ChatFormat) -> None:
    tracks = [random_tracks(chat_format, 1, turns=1), random_tracks(chat_format, 1, turns=4)]
    scored = scored_tokens(tracks)
    scored[0, -1] = True
    with pytest.raises(ValueError, match="padding"):
        token_batch((0, 1), tracks, scored, VisionInputs(chat_format.image_processor), 2)


def test_a_first_token_cannot_be_scored(chat_format: ChatFormat) -> None:
    tracks = [random_tracks(chat_format, 1)]
    scored = scored_tokens(tracks)
    scored[0, 0] = True
    with pytest.raises(ValueError, match="first tokens"):
        token_batch((0,), tracks, scored, VisionInputs(chat_format.image_processor), 2)


def test_an_image_cannot_be_scored(chat_format: ChatFormat) -> None:
    tracks = [random_tracks(chat_format, 1)]
    with pytest.raises(ValueError, match="images"):
        token_batch((0,), tracks, torch.tensor([tracks[0].image]), VisionInputs(chat_format.image_processor), 2)
