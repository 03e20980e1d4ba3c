"""Which engine samples for a policy, what it has to hold, and what goes over to it."""

import copy
from pathlib import Path

import pytest
import torch
from policies import load

from mifg_pipeline.config import EpisodeSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.huggingface import HuggingFaceEngine
from mifg_pipeline.errors import MifgError
from mifg_pipeline.train.engine import (
    check_engine,
    engine_model,
    has_own_weights,
    open_checkpoint,
    open_engine,
    weights_to_sync,
)

ELSEWHERE = ("rollout.engine=vllm", "rollout.vllm.address='10.0.0.7:8765'")


def test_an_engine_holds_the_largest_view_and_the_longest_episode():
    episode = EpisodeSettings(max_tokens=100, max_images=3, max_pixels=4000, crop_min_pixels=1000, crop_max_pixels=5000)
    model = engine_model(Path("base"), torch.bfloat16, episode)
    assert (model.dtype, model.max_tokens, model.max_images, model.max_pixels) == ("bfloat16", 100, 3, 5000)


def test_nothing_goes_over_to_an_engine_that_samples_the_trained_module(small_run, tiny_model):
    settings, policy = small_run(), load(tiny_model)
    assert not has_own_weights(policy, settings)
    assert list(weights_to_sync(policy, settings)) == []


def test_trained_weights_go_over_to_an_engine_that_samples_a_copy(small_run, tiny_model):
    settings, policy = small_run(), load(tiny_model)
    policy.sample_with(copy.deepcopy(policy.model))
    assert has_own_weights(policy, settings)
    assert len(list(weights_to_sync(policy, settings))) == len(policy.trained_weights())


def test_merged_weights_go_over_to_vllm(small_run, tiny_model):
    settings, policy = small_run(*ELSEWHERE), load(tiny_model, lora={"rank": 2})
    assert has_own_weights(policy, settings)
    names = [name for name, _ in weights_to_sync(policy, settings)]
    assert names
    assert not any("lora" in name for name in names)


def test_transformers_samples_by_default(small_run, tiny_model, tmp_path):
    engine = open_engine(load(tiny_model), ChatFormat.load(tiny_model), small_run(), tmp_path / "log")
    assert isinstance(engine, HuggingFaceEngine)


def test_several_ranks_cannot_share_an_engine_elsewhere(small_run):
    check_engine(small_run(*ELSEWHERE), 1)
    with pytest.raises(MifgError, match=r"rollout\.vllm\.address"):
        check_engine(small_run(*ELSEWHERE), 2)


def test_an_interpreter_that_is_none_is_named(tiny_model, small_run, tmp_path):
    settings = small_run("rollout.engine=vllm", "rollout.vllm.python=/nowhere/python")
    with pytest.raises(MifgError, match=r"rollout\.vllm\.python.*/nowhere/python"):
        open_checkpoint(str(tiny_model), "vllm", settings.episode, settings.rollout.vllm, 1, tmp_path / "log")
