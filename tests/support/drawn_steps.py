"""Random optimiser steps for the tests of masks, advantages and loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import torch
from hypothesis import strategies as st
from torch import Tensor

from mifg_pipeline.config.train import AdvantageSettings, LossSettings, MaskSettings
from mifg_pipeline.engines.ledger import TokenKind
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.train.advantages import group_advantages
from mifg_pipeline.train.loss import Totals, local_totals, policy_loss, token_coefficients
from mifg_pipeline.train.masks import token_weights, trajectory_masks

PADDING = -1
COMPLETION_LIMIT = 9

ALL_MASK_SETTINGS = [
    MaskSettings(
        action=action, trajectory=trajectory, baseline=baseline, no_answer=no_answer, observations=observations
    )
    for action, trajectory, baseline, no_answer, observations in product(
        ("both", "positive_only", "off"), (True, False), ("finished", "all"), ("zero", "mask"), (True, False)
    )
]


@dataclass(frozen=True)
class Step:
    """M trajectories of T tokens.

    Attributes:
        ends: M.
        group: (M,).
        rewards: (M,).
        kinds: (M, T), padded on the right.
        valid_turn: (M, T).
        new: Log-probabilities, (M, T), as are old and sampler; some of the sampler's are not finite.
    """

    ends: tuple[EndReason, ...]
    group: Tensor
    rewards: Tensor
    kinds: Tensor
    valid_turn: Tensor
    new: Tensor
    old: Tensor
    sampler: Tensor

    @property
    def right(self) -> Tensor:
        return self.rewards >= 1

    def only(self, kept: Tensor) -> "Step":
        """The step with some of its trajectories alone; ``kept`` is bool, shape (M,)."""
        return Step(
            tuple(end for end, is_kept in zip(self.ends, kept.tolist(), strict=True) if is_kept),
            *(
                getattr(self, name)[kept]
                for name in ("group", "rewards", "kinds", "valid_turn", "new", "old", "sampler")
            ),
        )


@st.composite
def steps(draw: st.DrawFn, ends: Sequence[EndReason] = tuple(EndReason)) -> Step:
    """Steps of one to three groups."""
    size = draw(st.integers(1, 9))
    length = draw(st.integers(1, 7))
    drawn_ends = tuple(draw(st.lists(st.sampled_from(ends), min_size=size, max_size=size)))
    answered = st.sampled_from([0.0, 1.0, 1.2])
    rewards = [draw(answered) if end is EndReason.ANSWERED else 0.0 for end in drawn_ends]
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    shape = (size, length)
    kinds = torch.randint(len(TokenKind), shape, generator=generator)
    lengths = torch.randint(1, length + 1, (size, 1), generator=generator)
    old = -3 * torch.rand(shape, generator=generator, dtype=torch.float64)
    sampler = old + 0.6 * torch.randn(shape, generator=generator, dtype=torch.float64)
    return Step(
        ends=drawn_ends,
        group=torch.tensor(draw(st.lists(st.integers(0, 2), min_size=size, max_size=size))),
        rewards=torch.tensor(rewards, dtype=torch.float64),
        kinds=kinds.masked_fill(torch.arange(length) >= lengths, PADDING),
        valid_turn=torch.rand(shape, generator=generator) < 0.6,
        new=old + 0.3 * torch.randn(shape, generator=generator, dtype=torch.float64),
        old=old,
        sampler=sampler.masked_fill(torch.rand(shape, generator=generator) < 0.1, float("nan")),
    )


@dataclass(frozen=True)
class Shares:
    """What the trainer makes of a step.

    Attributes:
        advantages: (M,).
        in_loss: (M,).
        weights: (M, T).
        totals: Of these.
    """

    advantages: Tensor
    in_loss: Tensor
    weights: Tensor
    totals: Totals


def shares(step: Step, masks: MaskSettings, advantage: AdvantageSettings) -> Shares:
    in_loss, in_baseline = trajectory_masks(step.ends, masks)
    made = group_advantages(step.rewards, step.right, step.group, in_baseline, advantage)
    weights = token_weights(step.kinds, step.valid_turn, in_loss, made.values, masks).double()
    return Shares(made.values, in_loss, weights, local_totals(weights, in_loss))


@dataclass(frozen=True)
class Gradient:
    """Of the loss by each token's log-probability.

    Attributes:
        by_token: (M, T).
        rejected: (M, T).
        loss: Of the step.
    """

    by_token: Tensor
    rejected: Tensor
    loss: float


def gradient(
    step: Step, share: Shares, settings: LossSettings, totals: Totals | None = None, only: Tensor | None = None
) -> Gradient:
    """The loss of a step's scored tokens, as the trainer calls it.

    Args:
        step: The step, or a part of it.
        share: What ``shares`` made of it.
        settings: Of the loss.
        totals: Those of the whole step where ``step`` is a part; its own where None.
        only: Trajectories that are scored, bool, shape (M,); all where None.
    """
    new = step.new.clone().requires_grad_()
    coefficients = token_coefficients(share.weights, share.in_loss, settings.kind, COMPLETION_LIMIT, totals)
    advantages = share.advantages[:, None].expand_as(new)
    scored = (share.weights > 0) & (advantages != 0)
    if only is not None:
        scored &= only[:, None]
    outputs = policy_loss(
        new[scored], step.old[scored], step.sampler[scored], advantages[scored], coefficients[scored], settings
    )
    outputs.loss.backward()
    rejected = torch.zeros_like(scored).masked_scatter(scored, outputs.rejected)
    return Gradient(new.grad, rejected, float(outputs.loss.detach()))
