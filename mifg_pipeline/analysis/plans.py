"""What a step would have trained under other masks: our own, and those of published work."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor

from mifg_pipeline.config import TrainSettings
from mifg_pipeline.config.train import MaskSettings
from mifg_pipeline.engines.ledger import TokenKind
from mifg_pipeline.imagent.trajectory import Trajectory
from mifg_pipeline.train.loss import local_totals, token_coefficients
from mifg_pipeline.train.masks import token_weights, trajectory_masks
from mifg_pipeline.train.step_batch import StepBatch, advantages_of

OWN: Final = "this run"
PLANS: Final = 5
"""How many are compared."""

_NO_MASK: Final = MaskSettings(action="off", trajectory=False, baseline="all", no_answer="zero", observations=True)
"""All that was sampled is trained, and nothing else."""


@dataclass(frozen=True)
class Plan:
    """Which trajectories and tokens a step trains.

    Attributes:
        name: Of the plan.
        in_loss: Which trajectories are in the loss, (M,) bool.
        in_baseline: Which count in their group's baseline, (M,) bool.
        tokens: What is masked within the trajectories.
    """

    name: str
    in_loss: Tensor
    in_baseline: Tensor
    tokens: MaskSettings


def plans(trajectories: Sequence[Trajectory], end_of_turn_id: int, settings: MaskSettings) -> list[Plan]:
    """The run's plan, then published ones. Trajectories that the machinery ended are in none of them.

    - ``over-turn masking, full baseline``: what a limit ended leaves the loss and stays in the baseline, as in DAPO's
      overlong filtering (arXiv:2503.14476) and Mini-o3 (arXiv:2509.07969); invalid actions are trained.
    - ``void-turn filtering``: a trajectory with a turn that neither calls a tool nor answers leaves the loss, as in
      SimpleTIR (arXiv:2509.02479). Every invalid action counts as such a turn, for it brings nothing.
    - ``truncation by last token``: a trajectory whose last sampled token does not end a turn leaves the loss, as by
      TRL's ``mask_truncated_completions``. One that ran out of turns ends with that token, and stays.
    - ``observations only``: all that was sampled is trained.

    Args:
        trajectories: The M trajectories of a step.
        end_of_turn_id: What a finished turn ends with.
        settings: Of the run.
    """
    ends = [trajectory.end for trajectory in trajectories]
    everything, all_in_baseline = trajectory_masks(ends, _NO_MASK)
    finished, _ = trajectory_masks(ends, _NO_MASK.model_copy(update={"trajectory": True}))
    void = _flags(has_void_turn(trajectory) for trajectory in trajectories)
    truncated = _flags(is_truncated(trajectory, end_of_turn_id) for trajectory in trajectories)
    return [
        Plan(OWN, *trajectory_masks(ends, settings), settings),
        Plan("over-turn masking, full baseline", finished, all_in_baseline, _NO_MASK),
        Plan("void-turn filtering", everything & ~void, all_in_baseline, _NO_MASK),
        Plan("truncation by last token", everything & ~truncated, all_in_baseline, _NO_MASK),
        Plan("observations only", everything, all_in_baseline, _NO_MASK),
    ]


def has_void_turn(trajectory: Trajectory) -> bool:
    """Whether a turn neither calls a tool nor answers."""
    return any(turn.action in ("invalid", "none") for turn in trajectory.turns)


def is_truncated(trajectory: Trajectory, end_of_turn_id: int) -> bool:
    """Whether the last token that the model sampled does not end a turn."""
    tracks = trajectory.tracks
    sampled = [token for token, kind in zip(tracks.token_ids, tracks.kinds, strict=True) if kind == TokenKind.SAMPLED]
    return not sampled or sampled[-1] != end_of_turn_id


def under(plan: Plan, batch: StepBatch, settings: TrainSettings) -> StepBatch:
    """The step as the plan would train it; rewards, advantages and loss are otherwise those of the run.

    Args:
        plan: One of ``plans``, of the batch's trajectories.
        batch: The whole step.
        settings: Of the run.
    """
    advantages = advantages_of(batch.verdicts, plan.in_baseline, settings.advantage)
    weights = token_weights(batch.kinds, batch.valid_turn, plan.in_loss, advantages.values, plan.tokens)
    limit = settings.episode.completion_limit
    return replace(
        batch,
        advantages=advantages.values,
        has_signal=advantages.has_signal,
        in_loss=plan.in_loss,
        weights=weights,
        coefficients=token_coefficients(weights, plan.in_loss, settings.loss.kind, limit),
        totals=local_totals(weights, plan.in_loss),
        ordered_by_gain_alone=advantages.ordered_by_gain_alone,
    )


def _flags(values: Iterable[bool]) -> Tensor:
    return torch.tensor(list(values), dtype=torch.bool)
