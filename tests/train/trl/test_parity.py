"""Advantages, loss and gradients are TRL's, where nothing is masked but observations.

The references are made by ``tests/support/trl_reference.py``; ``make test-peers`` makes them anew.
"""

from dataclasses import dataclass

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from trl_reference import (
    CAP,
    CASES,
    CLIP_HIGH,
    CLIP_LOW,
    COMPLETION_LIMIT,
    REFERENCE,
    REWARDS,
    TRAJECTORIES,
    Case,
    completion_logprobs,
    empty_model,
    relative_distance,
)

from mifg_pipeline.config.train import AdvantageSettings, LossSettings, MaskSettings
from mifg_pipeline.engines.ledger import TokenKind
from mifg_pipeline.train.advantages import group_advantages
from mifg_pipeline.train.loss import LossOutputs, local_totals, policy_loss, token_coefficients
from mifg_pipeline.train.masks import token_weights

TENSORS = load_file(REFERENCE)
TOLERANCE = 1e-9

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def relevant(name: str) -> dict[str, Tensor]:
    return {key.removeprefix(f"{name}."): value for key, value in TENSORS.items() if key.startswith(f"{name}.")}


def settings_of(case: Case) -> LossSettings:
    return LossSettings(
        kind=case.kind,
        clip_low=CLIP_LOW,
        clip_high=CLIP_HIGH,
        correction_cap=CAP,
        reject_above_cap=case.correction == "token_mask",
    )


def weights_of(advantages: Tensor) -> Tensor:
    sampled = TENSORS["completion_mask"] * TENSORS["tool_mask"]
    kinds = torch.where(sampled.bool(), TokenKind.SAMPLED, TokenKind.OBSERVATION)
    kinds[TENSORS["completion_mask"] == 0] = -1
    everything = torch.ones_like(kinds, dtype=torch.bool)
    return token_weights(kinds, everything, everything[:, 0], advantages, MaskSettings()).double()


@dataclass(frozen=True)
class Ours:
    loss: float
    gradients: dict[str, Tensor]
    parts: list[LossOutputs]


def ours(case: Case, micro_batches: int) -> Ours:
    """Our loss on TRL's batch, of tokens with weight and advantage alone, as the trainer calls it."""
    advantages = TENSORS[f"{case.name}.advantages"]
    weights = weights_of(advantages)
    in_loss = torch.ones(TRAJECTORIES, dtype=torch.bool)
    totals = local_totals(weights, in_loss)
    model = empty_model()
    model.load_state_dict(relevant("weights"))
    parts = []
    for rows in torch.arange(TRAJECTORIES).chunk(micro_batches):
        coefficients = token_coefficients(weights[rows], in_loss[rows], case.kind, COMPLETION_LIMIT, totals)
        scored = (weights[rows] > 0) & (advantages[rows] != 0)[:, None]
        ids = torch.cat([TENSORS["prompt_ids"], TENSORS["completion_ids"]], 1)[rows]
        attention = torch.cat([TENSORS["prompt_mask"], TENSORS["completion_mask"]], 1)[rows]
        part = policy_loss(
            new=completion_logprobs(model, ids, attention, weights.shape[1])[scored],
            old=TENSORS["old_per_token_logps"][rows][scored],
            sampler=TENSORS["sampling_per_token_logps"][rows][scored],
            advantages=advantages[rows, None].expand_as(scored)[scored],
            coefficients=coefficients[scored],
            settings=settings_of(case),
        )
        part.loss.backward()
        parts.append(part)
    gradients = {name: value.grad for name, value in model.named_parameters()}
    return Ours(sum(float(part.loss.detach()) for part in parts), gradients, parts)


@each_case
def test_advantages_are_trls(case):
    rewards = torch.tensor(REWARDS, dtype=torch.float64)
    settings = AdvantageSettings(scale=case.scale, gate="none")
    group = torch.arange(TRAJECTORIES) // case.group_size
    made = group_advantages(rewards, rewards >= 1, group, torch.ones(TRAJECTORIES, dtype=torch.bool), settings)
    assert relative_distance(made.values, TENSORS[f"{case.name}.advantages"]) < TOLERANCE


@each_case
@pytest.mark.parametrize("micro_batches", [1, 2, 12])
def test_loss_is_trls(case, micro_batches):
    assert ours(case, micro_batches).loss == pytest.approx(float(TENSORS[f"{case.name}.loss"]), rel=TOLERANCE)


@each_case
@pytest.mark.parametrize("micro_batches", [1, 12])
def test_the_gradient_of_every_parameter_is_trls(case, micro_batches):
    expected = relevant(f"{case.name}.gradients")
    gradients = ours(case, micro_batches).gradients
    assert gradients.keys() == expected.keys()
    distances = {name: relative_distance(gradients[name], expected[name]) for name in expected}
    assert {name: distance for name, distance in distances.items() if distance > TOLERANCE} == {}


@each_case
def test_the_references_reach_what_they_are_to_show(case):
    """Ratios beyond both clip bounds, corrections above the cap, and losses that are not zero."""
    (part,) = ours(case, micro_batches=1).parts
    assert part.sums["clipped_low"] >= 2
    assert part.sums["clipped_high"] >= 2
    above_cap = part.rejected.sum() if case.correction == "token_mask" else (part.peaks["correction"] == CAP).sum()
    assert above_cap >= 1
    assert abs(float(TENSORS[f"{case.name}.loss"])) > 1e-3
