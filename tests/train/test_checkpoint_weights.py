"""What an engine elsewhere takes over is, in the checkpoint, the model that is trained."""

from collections.abc import Iterable
from pathlib import Path

import pytest
import torch
from policies import CPU, batch_of, load
from safetensors.torch import load_file
from tiny_model import write_tiny_model
from tiny_trajectories import random_tracks
from torch import Tensor

from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.huggingface import HuggingFaceEngine
from mifg_pipeline.train.checkpoint_weights import checkpoint_weights
from mifg_pipeline.train.model import load_for_sampling, save_model
from mifg_pipeline.train.policy import Policy

LORA = {"rank": 4, "alpha": 16}
SETTINGS = {"full": {}, "vision": {"train_vision": True}, "adapters": {"lora": LORA}}


@pytest.fixture(scope="module", params=["qwen2_5_vl", "qwen2_5_vl tied", "qwen3_vl", "qwen3_vl tied"])
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny models of both families, with and without a head of their own."""
    family, _, tied = request.param.partition(" ")
    folder = tmp_path_factory.mktemp(family)
    write_tiny_model(folder, family=family, tied=bool(tied))
    return folder


def perturb(policy: Policy) -> None:
    """Moves every trained weight, as an update would."""
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in policy.trainable_parameters():
            weight.add_(torch.randn_like(weight) * 0.05)
    policy.master_weights.publish()


def with_weights(checkpoint: Path, weights: Iterable[tuple[str, Tensor]]) -> Policy:
    """The checkpoint's own model, after these weights were put into it by their names."""
    policy = load(checkpoint)
    HuggingFaceEngine(policy.model, ChatFormat.load(checkpoint), 1).sync(weights)
    return policy


@pytest.mark.parametrize("kind", SETTINGS)
def test_the_checkpoint_with_them_scores_as_the_trained_policy_does(checkpoint: Path, kind: str) -> None:
    policy = load(checkpoint, **SETTINGS[kind])
    tracks = [random_tracks(ChatFormat.load(checkpoint), seed) for seed in range(3)]
    before = policy(batch_of(policy, tracks), 1.0).detach()
    perturb(policy)
    expected = policy(batch_of(policy, tracks), 1.0).detach()
    assert (expected - before).abs().max() > 0.1
    other = with_weights(checkpoint, policy.checkpoint_weights())
    torch.testing.assert_close(other(batch_of(other, tracks), 1.0).detach(), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", SETTINGS)
def test_their_names_are_those_on_the_disk(checkpoint: Path, kind: str) -> None:
    stored = load_file(checkpoint / "model.safetensors")
    weights = dict(load(checkpoint, **SETTINGS[kind]).checkpoint_weights())
    assert weights
    assert all(weights[name].shape == stored[name].shape for name in weights)
    assert any("visual" in name for name in weights) == (kind == "vision")


def test_adapters_send_the_layers_that_they_stand_on_alone(checkpoint: Path) -> None:
    policy = load(checkpoint, lora={"rank": 4, "targets": ["q_proj"]})
    names = [name for name, _ in policy.checkpoint_weights()]
    assert len(names) == policy.model.config.text_config.num_hidden_layers
    assert all(name.endswith("self_attn.q_proj.weight") for name in names)


def test_merged_weights_have_the_type_of_the_model(checkpoint: Path) -> None:
    policy = load(checkpoint, dtype="bfloat16", lora=LORA)
    assert {weight.dtype for _, weight in policy.checkpoint_weights()} == {torch.bfloat16}


def test_a_saved_adapter_gives_the_same_when_it_is_loaded_to_be_sampled(checkpoint: Path, tmp_path: Path) -> None:
    policy = load(checkpoint, lora=LORA)
    perturb(policy)
    save_model(policy, tmp_path / "adapter")
    loaded = dict(checkpoint_weights(load_for_sampling(str(tmp_path / "adapter"), CPU).module))
    for name, weight in policy.checkpoint_weights():
        torch.testing.assert_close(loaded[name], weight)
