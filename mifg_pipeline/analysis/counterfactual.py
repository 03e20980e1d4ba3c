"""What the mask changes: gradient and advantages of a step under our plan, beside those under published ones."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import torch
from torch import Tensor

from mifg_pipeline.analysis.plans import Plan, plans, under
from mifg_pipeline.analysis.source import Source
from mifg_pipeline.config import TrainSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.imagent.rollout import Played
from mifg_pipeline.train.model import load_policy, load_weights
from mifg_pipeline.train.policy import Policy
from mifg_pipeline.train.ranks import Ranks
from mifg_pipeline.train.replay import Weights
from mifg_pipeline.train.sampling import Group
from mifg_pipeline.train.step_batch import StepBatch, step_batch


@dataclass(frozen=True)
class Comparison:
    """A plan beside that of the run.

    Attributes:
        plan: Its name.
        in_loss: Trajectories in the loss.
        with_signal: Of them, those whose advantage is not 0.
        trained_tokens: Tokens with weight and an advantage that is not 0.
        gradient_norm: Of the step's gradient.
        cosine: Of its angle to the gradient of the run's plan; None where either is zero.
        norm_ratio: Its length, in terms of that gradient's; None where that is zero.
        advantage_difference: Mean distance of a trajectory's A to that under the run's plan, 0 outside of a loss.
        largest_difference: The largest of them.
        turned: Trajectories whose advantage has the other sign.
    """

    plan: str
    in_loss: int
    with_signal: int
    trained_tokens: int
    gradient_norm: float
    cosine: float | None
    norm_ratio: float | None
    advantage_difference: float
    largest_difference: float
    turned: int


def trained_policy(weights: Weights, settings: TrainSettings, device: torch.device) -> Policy:
    """The policy as the run trains it, with weights of a checkpoint: trainable is what the run's settings say.

    Raises:
        MifgError: If the checkpoint cannot be read, or does not fit the settings.
    """
    model = settings.model
    if not model.lora.rank:
        return load_policy(model.model_copy(update={"path": weights.path}), settings.seed, device)
    # Dropout would make two gradients of the same loss differ.
    still = model.model_copy(update={"lora": model.lora.model_copy(update={"dropout": 0.0})})
    policy = load_policy(still, settings.seed, device)
    if weights.path != model.path:
        load_weights(policy, Path(weights.path))
    return policy


def stored_step(source: Source, chat_format: ChatFormat) -> StepBatch:
    """A stored step, judged anew by the run's settings."""
    groups = []
    for draw, lines in groupby(source.lines, lambda line: line.draw):
        played = [Played(line.trajectory, source.tracks(line, chat_format)) for line in lines]
        groups.append(Group(draw, source.questions.by_key(played[0].trajectory.question), tuple(played)))
    return step_batch(groups, chat_format.banned_ids, source.settings, Ranks())


def compare_plans(source: Source, policy: Policy, on_done: Callable[[], None]) -> list[Comparison]:
    """Compares the plan of the run with published ones, on one step's trajectories.

    Args:
        source: All trajectories of a step.
        policy: From ``trained_policy``.
        on_done: Called after each plan.
    """
    settings = source.settings
    chat_format = ChatFormat.load(policy.chat_folder)
    vision_inputs = VisionInputs(chat_format.image_processor)
    batch = stored_step(source, chat_format)
    found: list[Comparison] = []
    own: tuple[StepBatch, list[Tensor]] | None = None
    trajectories = [played.trajectory for played in batch.played]
    for plan in plans(trajectories, chat_format.end_of_turn_id, settings.mask):
        planned = under(plan, batch, settings)
        moved = gradient(policy, planned, vision_inputs, settings)
        own = own or (planned, moved)
        found.append(_comparison(plan, planned, moved, *own))
        on_done()
    return found


def gradient(policy: Policy, batch: StepBatch, vision_inputs: VisionInputs, settings: TrainSettings) -> list[Tensor]:
    """The gradient of a step's first update, one tensor for each trainable parameter."""
    parameters = policy.trainable_parameters()
    for parameter in parameters:
        parameter.grad = None
    for rows in batch.micro_batches(settings.optimizer.micro_batch_tokens):
        part = batch.micro_batch(rows, vision_inputs, policy)
        new = policy(part.tokens, settings.rollout.temperature)
        torch.autograd.backward(part.loss(new, new.detach(), settings.loss).loss)
    gradients = [torch.zeros_like(parameter) if parameter.grad is None else parameter.grad for parameter in parameters]
    for parameter in parameters:
        parameter.grad = None
    return gradients


def effective_advantages(batch: StepBatch) -> Tensor:
    """A of each trajectory, 0 where it is not in the loss; (M,)."""
    return batch.advantages * batch.in_loss


def _comparison(
    plan: Plan, batch: StepBatch, moved: Sequence[Tensor], own_batch: StepBatch, own_moved: Sequence[Tensor]
) -> Comparison:
    ours, theirs = effective_advantages(own_batch), effective_advantages(batch)
    difference = (theirs - ours).abs()
    own_norm, norm = _norm(own_moved), _norm(moved)
    product = math.fsum(float((a.double() * b.double()).sum()) for a, b in zip(moved, own_moved, strict=True))
    return Comparison(
        plan=plan.name,
        in_loss=int(batch.in_loss.sum()),
        with_signal=int((theirs != 0).sum()),
        trained_tokens=int(batch.scored.sum()),
        gradient_norm=norm,
        cosine=product / (norm * own_norm) if norm and own_norm else None,
        norm_ratio=norm / own_norm if own_norm else None,
        advantage_difference=float(difference.mean()),
        largest_difference=float(difference.max()),
        turned=int((ours * theirs < 0).sum()),
    )


def _norm(gradients: Sequence[Tensor]) -> float:
    return math.sqrt(math.fsum(float(part.double().square().sum()) for part in gradients))
