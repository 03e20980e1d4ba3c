"""The clipped policy-gradient loss, as a sum over the tokens of a whole optimiser step."""

from dataclasses import dataclass

import torch
from torch import Tensor

from mifg_pipeline.config.train import LossKind, LossSettings


@dataclass(frozen=True)
class Totals:
    """Sums over a whole optimiser step, known before its first backward pass.

    Attributes:
        tokens: N, tokens with weight.
        trajectories: Trajectories that have a token with weight.
        in_loss: Trajectories in the loss.
    """

    tokens: int
    trajectories: int
    in_loss: int


def local_totals(weights: Tensor, in_loss: Tensor) -> Totals:
    """The totals of the trajectories given: weights of shape (M, T), and m of shape (M,). Ranks add theirs up."""
    return Totals(
        tokens=int(weights.sum(dtype=torch.float64)),
        trajectories=int(weights.any(1).sum()),
        in_loss=int(in_loss.sum()),
    )


def token_coefficients(
    weights: Tensor, in_loss: Tensor, kind: LossKind, completion_limit: int, totals: Totals | None = None
) -> Tensor:
    """What each token's term is multiplied by, so that the loss is the plain sum over all tokens of the step.

    ``dapo`` after Yu et al. 2025, ``grpo`` after Shao et al. 2024, ``dr_grpo`` after Liu et al. 2025.

    Args:
        weights: From ``token_weights``; shape (M, T).
        in_loss: From ``trajectory_masks``; bool, shape (M,).
        kind: The normaliser.
        completion_limit: Most tokens of a trajectory; for ``dr_grpo``.
        totals: Sums over all ranks and micro-batches; those of the trajectories given where None.

    Returns:
        Coefficients of the weights' type and shape; all zero where nothing has weight.
    """
    totals = totals or local_totals(weights, in_loss)
    match kind:
        case "dapo":
            return weights / max(totals.tokens, 1)
        case "grpo":
            return weights / weights.sum(1, keepdim=True).clamp(min=1) / max(totals.trajectories, 1)
        case "dr_grpo":
            return weights / max(completion_limit * totals.in_loss, 1)


@dataclass(frozen=True)
class LossOutputs:
    """The share of some tokens in the loss, and figures of those of them that have a coefficient.

    Attributes:
        loss: A scalar, with gradient.
        rejected: Which tokens the importance correction rejected; bool, shape (K,).
        sums: ``tokens``, ``clipped_low``, ``clipped_high``, ``rejected``, ``correction`` (c) and ``gap``, the absolute
            difference of old and sampler's log-probability, without rejected tokens. Micro-batches and ranks add up.
        peaks: The largest ``correction`` and ``gap``.
    """

    loss: Tensor
    rejected: Tensor
    sums: dict[str, Tensor]
    peaks: dict[str, Tensor]


def policy_loss(
    new: Tensor, old: Tensor, sampler: Tensor, advantages: Tensor, coefficients: Tensor, settings: LossSettings
) -> LossOutputs:
    """``-sum coefficient * c * min(rho * A, clip(rho, 1 - low, 1 + high) * A)`` over K tokens.

    The clipped objective of Schulman et al. 2017 (PPO) with two bounds (DAPO), and the truncated importance correction
    of Yao et al. 2025 from the sampler to the trainer. A token whose ``new`` or ``old`` is NaN makes the loss NaN: that
    is a fault, which no mask may hide.

    Args:
        new: Log-probabilities under the weights that are trained; with gradient, shape (K,).
        old: Under the weights before the first update on this batch: ``new`` itself if there is but one; shape (K,).
        sampler: As the engine reported them; shape (K,).
        advantages: A of each token's trajectory; shape (K,).
        coefficients: From ``token_coefficients``; shape (K,).
        settings: Clip bounds and cap.
    """
    old = old.detach()
    correction, rejected = _importance_correction(old, sampler, settings)
    ratio = torch.exp(new - old)
    clipped_ratio = ratio.clamp(1 - settings.clip_low, 1 + settings.clip_high)
    objective = torch.minimum(ratio * advantages, clipped_ratio * advantages)
    loss = -(coefficients * correction * objective).sum()

    counted = coefficients > 0
    gap = (old - sampler).abs()[counted & ~rejected]
    sums = {
        "tokens": counted.sum(),
        "clipped_low": (counted & (advantages < 0) & (ratio < 1 - settings.clip_low)).sum(),
        "clipped_high": (counted & (advantages > 0) & (ratio > 1 + settings.clip_high)).sum(),
        "rejected": (counted & rejected).sum(),
        "correction": correction[counted].sum(),
        "gap": gap.sum(),
    }
    return LossOutputs(loss, rejected, sums, {"correction": _largest(correction[counted]), "gap": _largest(gap)})


def _importance_correction(old: Tensor, sampler: Tensor, settings: LossSettings) -> tuple[Tensor, Tensor]:
    """The weights ``c = min(exp(old - sampler), cap)``, 0 where the token is rejected; and which tokens are."""
    correction = torch.exp(old - sampler)
    rejected = ~sampler.isfinite()
    if settings.reject_above_cap:
        rejected = rejected | (correction > settings.correction_cap)
    return correction.clamp(max=settings.correction_cap).masked_fill(rejected, 0.0), rejected


def _largest(values: Tensor) -> Tensor:
    return torch.cat([values, values.new_zeros(1)]).max()
