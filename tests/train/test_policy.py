"""The policy scores tokens as the model does that it is around, whatever shares its batch."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from policies import batch_of, load, scored_tokens
from tiny_model import write_tiny_model
from tiny_trajectories import random_tracks
from torch import Tensor

from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.ledger import Tracks
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.train.policy import Policy

TEMPERATURE = 0.7


@pytest.fixture(scope="module", params=["qwen2_5_vl", "qwen2_5_vl tied", "qwen3_vl", "qwen3_vl tied"])
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny models of both families, with and without a head of their own."""
    family, _, tied = request.param.partition(" ")
    folder = tmp_path_factory.mktemp(family)
    write_tiny_model(folder, family=family, tied=bool(tied))
    return folder


@pytest.fixture
def policy(checkpoint: Path) -> Policy:
    """Full weights, vision frozen."""
    return load(checkpoint)


@pytest.fixture(scope="module")
def tracks(checkpoint: Path) -> Sequence[Tracks]:
    """Eight trajectories of different lengths, with one to three images and one to four turns."""
    chat_format = ChatFormat.load(checkpoint)
    return [random_tracks(chat_format, seed, images=1 + seed % 3, turns=1 + seed % 4) for seed in range(8)]


def plain_logprobs(policy: Policy, track: Tracks, temperature: float) -> Tensor:
    """Of the sampled tokens of one trajectory, by the model's own forward with all logits."""
    chat_format = ChatFormat.load(policy.chat_folder)
    vision = VisionInputs(chat_format.image_processor).of(track.views)
    token_ids = torch.tensor([track.token_ids])
    with torch.no_grad():
        logits = policy.model(
            input_ids=token_ids,
            attention_mask=torch.ones_like(token_ids),
            mm_token_type_ids=torch.tensor([track.image]).int(),
            pixel_values=vision.pixel_values,
            image_grid_thw=vision.grids,
        ).logits[0, :-1]
    logits[:, list(chat_format.banned_ids)] = -torch.inf
    logprobs = (logits / temperature).log_softmax(dim=-1).gather(1, token_ids[0, 1:, None])[:, 0]
    return logprobs[scored_tokens([track])[0, 1:]]


def gradients(policy: Policy) -> dict[str, Tensor]:
    return {name: weight.grad.clone() for name, weight in policy.named_parameters() if weight.grad is not None}


def test_logprobs_are_those_of_the_plain_model(policy: Policy, tracks: Sequence[Tracks]) -> None:
    expected = torch.cat([plain_logprobs(policy, track, TEMPERATURE) for track in tracks])
    found = policy(batch_of(policy, tracks), TEMPERATURE)
    torch.testing.assert_close(found, expected, rtol=0, atol=5e-6)


def test_what_was_scored_before_does_not_matter(policy: Policy, tracks: Sequence[Tracks]) -> None:
    first = policy(batch_of(policy, tracks[:1]), TEMPERATURE)
    policy(batch_of(policy, tracks[1:4]), TEMPERATURE)
    assert torch.equal(policy(batch_of(policy, tracks[:1]), TEMPERATURE), first)
    assert policy.model.model.rope_deltas is None


def test_a_batch_of_eight_gives_the_gradient_of_eight_batches_of_one(policy: Policy, tracks: Sequence[Tracks]) -> None:
    (policy(batch_of(policy, tracks), TEMPERATURE) ** 2).sum().backward()
    together = gradients(policy)
    policy.zero_grad()
    for track in tracks:
        (policy(batch_of(policy, [track]), TEMPERATURE) ** 2).sum().backward()
    alone = gradients(policy)
    assert together.keys() == alone.keys()
    for name, gradient in together.items():
        torch.testing.assert_close(gradient, alone[name], rtol=1e-4, atol=1e-5 * float(gradient.abs().max()), msg=name)


def test_computing_activations_again_changes_no_gradient(checkpoint: Path, tracks: Sequence[Tracks]) -> None:
    found = []
    for checkpointing in (True, False):
        policy = load(checkpoint, gradient_checkpointing=checkpointing)
        policy(batch_of(policy, tracks[:3]), TEMPERATURE).sum().backward()
        found.append(gradients(policy))
    assert found[0].keys() == found[1].keys()
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


def test_each_different_view_goes_through_the_vision_tower_once(policy: Policy, tracks: Sequence[Tracks]) -> None:
    seen = []
    policy.model.model.visual.patch_embed.register_forward_hook(lambda _, args, output: seen.append(len(output)))
    policy(batch_of(policy, [tracks[3], tracks[3]]), TEMPERATURE)
    merge = policy.merge_size**2
    shown = {
        view: view.height * view.width // ChatFormat.load(policy.chat_folder).token_side ** 2
        for view in tracks[3].views
    }
    assert len(tracks[3].views) > len(shown)
    assert seen == [merge * sum(shown.values())]


def test_a_frozen_vision_tower_gets_no_gradient_and_all_else_does(policy: Policy, tracks: Sequence[Tracks]) -> None:
    policy(batch_of(policy, tracks[:2]), TEMPERATURE).sum().backward()
    has_gradient = {name for name, weight in policy.model.named_parameters() if weight.grad is not None}
    assert has_gradient == {name for name, _ in policy.model.named_parameters() if ".visual." not in name}


def test_a_trained_vision_tower_gets_a_gradient_everywhere(checkpoint: Path, tracks: Sequence[Tracks]) -> None:
    policy = load(checkpoint, train_vision=True)
    policy(batch_of(policy, tracks[:2]), TEMPERATURE).sum().backward()
    without = [name for name, weight in policy.model.named_parameters() if weight.grad is None or not weight.grad.any()]
    # Keys are shifted alike for all queries, which softmax does not see.
    assert [name for name in without if "pos_embed" not in name and not name.endswith("k_proj.bias")] == []


def test_only_adapters_get_a_gradient(checkpoint: Path, tracks: Sequence[Tracks]) -> None:
    policy = load(checkpoint, lora={"rank": 2})
    policy(batch_of(policy, tracks[:2]), TEMPERATURE).sum().backward()
    assert gradients(policy).keys() == {name for name, _ in policy.named_parameters() if ".lora_" in name}
    assert len(policy.trainable_parameters()) == 2 * 7 * policy.model.config.text_config.num_hidden_layers


def test_dropout_of_adapters_acts_in_passes_with_gradient_alone(checkpoint: Path, tracks: Sequence[Tracks]) -> None:
    policy = load(checkpoint, lora={"rank": 2, "dropout": 0.5})
    for weight in policy.trainable_parameters():
        torch.nn.init.normal_(weight)
    batch = batch_of(policy, tracks[:1])
    assert not torch.equal(policy(batch, 1.0), policy(batch, 1.0))
    with torch.no_grad():
        assert torch.equal(policy(batch, 1.0), policy(batch, 1.0))


def test_a_padding_batch_takes_part_and_moves_nothing(checkpoint: Path) -> None:
    policy = load(checkpoint, train_vision=True)
    found = policy(policy.padding_batch(), 1.0)
    found.sum().backward()
    assert len(found) == 0
    assert all(weight.grad is None or not weight.grad.any() for weight in policy.parameters())
    assert policy.model.lm_head.weight.grad is not None


def test_a_shared_module_has_nothing_to_sync(policy: Policy) -> None:
    assert policy.sampling_module is policy.model
    assert list(policy.synced_weights()) == []


def test_a_frozen_vision_tower_keeps_nothing_for_the_backward_pass(policy: Policy, tracks: Sequence[Tracks]) -> None:
    outputs: list[Tensor] = []
    policy.model.model.visual.merger.register_forward_hook(lambda *values: outputs.append(values[-1]))
    policy(batch_of(policy, tracks[:1]), TEMPERATURE)
    assert [output.requires_grad for output in outputs] == [False]


def test_small_steps_are_not_lost_in_bfloat16(checkpoint: Path, tracks: Sequence[Tracks]) -> None:
    policy, steps, rate = load(checkpoint, dtype="bfloat16"), 200, 1e-6
    start = [weight.detach().float() for weight in policy.trained_weights().values()]
    optimizer = torch.optim.SGD(policy.trainable_parameters(), lr=rate)
    policy(batch_of(policy, tracks[:1]), 1.0).sum().backward()
    for _ in range(steps):
        optimizer.step()
    policy.master_weights.publish()
    for before, master, weight in zip(
        start, policy.trainable_parameters(), policy.trained_weights().values(), strict=True
    ):
        assert master.grad is not None
        torch.testing.assert_close(master.detach(), before - steps * rate * master.grad, rtol=1e-3, atol=1e-5)
        assert torch.equal(weight, master.bfloat16())
