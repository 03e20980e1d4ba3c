"""Group-relative advantages over the trajectories that count in the baseline."""

from dataclasses import dataclass

import torch
from torch import Tensor

from mifg_pipeline.config.train import AdvantageSettings


@dataclass(frozen=True)
class Advantages:
    """What the groups of a step say.

    Attributes:
        values: A of each trajectory, 0 where its group has no signal; of the rewards' type, shape (M,).
        has_signal: Whether its group gives a gradient; bool, shape (M,).
        ordered_by_gain_alone: How many groups with signal hold equally right answers of unequal rewards.
    """

    values: Tensor
    has_signal: Tensor
    ordered_by_gain_alone: int


def group_advantages(
    rewards: Tensor, right: Tensor, group: Tensor, in_baseline: Tensor, settings: AdvantageSettings
) -> Advantages:
    """``A_i = (r_i - mean) / (std + eps)``, mean and standard deviation over the trajectories in the baseline.

    After Shao et al. 2024 (GRPO), with the unbiased standard deviation that TRL takes; without scale after Liu et al.
    2025 (Dr. GRPO). Call it on the whole step, before trajectories are dealt out to ranks. Trajectories outside the
    baseline get the advantage that their reward has over it.

    Args:
        rewards: r of each trajectory; floating, shape (M,).
        right: Whether its answer is right; bool, shape (M,).
        group: Number of its group, one for each draw of a question; integer, shape (M,).
        in_baseline: V, from ``trajectory_masks``; bool, shape (M,).
        settings: Scale, gate and eps.
    """
    exact = rewards.double()
    values = torch.zeros_like(exact)
    has_signal = torch.zeros_like(in_baseline)
    ordered_by_gain_alone = 0
    gated = {"accuracy": right, "reward": rewards, "none": None}[settings.gate]
    for number in sorted(set(group.tolist())):
        members = group == number
        peers = members & in_baseline
        if peers.sum() < 2 or (gated is not None and not _differ(gated[peers])):
            continue
        values[members] = exact[members] - _mean(exact[peers])
        if settings.scale != "none":
            compared = peers if settings.scale == "group" else in_baseline
            values[members] /= exact[compared].std() + settings.eps
        if values[members].any():
            has_signal |= members
            ordered_by_gain_alone += any(_differ(rewards[peers & (right == value)]) for value in (True, False))
    return Advantages(values.to(rewards.dtype), has_signal, ordered_by_gain_alone)


def _mean(values: Tensor) -> Tensor:
    """The mean, exact where all values are equal, so that their advantages are exactly zero."""
    return values[0] + (values - values[0]).mean()


def _differ(values: Tensor) -> bool:
    return bool((values != values[:1]).any())
