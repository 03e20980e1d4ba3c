"""The two-level mask: which tokens of which trajectories a step trains."""

from collections.abc import Sequence

import torch
from torch import Tensor

from mifg_pipeline.config.train import MaskSettings
from mifg_pipeline.engines.ledger import TokenKind
from mifg_pipeline.imagent.end_reason import EndReason


def trajectory_masks(ends: Sequence[EndReason], settings: MaskSettings) -> tuple[Tensor, Tensor]:
    """The trajectory level: which trajectories are in the loss (m), and which count in their group's baseline (V).

    Args:
        ends: How each of the M trajectories ended.
        settings: What is masked.

    Returns:
        Two bool tensors of shape (M,).
    """
    stands = [_in_loss_and_baseline(end, settings) for end in ends]
    in_loss, in_baseline = torch.tensor(stands, dtype=torch.bool).reshape(-1, 2).unbind(1)
    return in_loss, in_baseline


def _in_loss_and_baseline(end: EndReason, settings: MaskSettings) -> tuple[bool, bool]:
    if end.is_interrupted:
        return False, False
    if end.is_over_limit:
        return not settings.trajectory, settings.baseline == "all"
    if end is EndReason.NO_ANSWER:
        return settings.no_answer == "zero", settings.no_answer == "zero"
    return True, True


def token_weights(
    kinds: Tensor, valid_turn: Tensor, in_loss: Tensor, advantages: Tensor, settings: MaskSettings
) -> Tensor:
    """The weights ``w_it = s_it * a_ik(t) * m_i``, each 0 or 1.

    Args:
        kinds: ``TokenKind`` of each token, any other number for padding; shape (M, T).
        valid_turn: Whether the turn of the token is without an invalid action; bool, shape (M, T).
        in_loss: m, from ``trajectory_masks``; bool, shape (M,).
        advantages: A of each trajectory; shape (M,).
        settings: What is masked.

    Returns:
        w; float32, shape (M, T).
    """
    trained_action = ~masked_action(valid_turn, advantages, settings)
    return (trainable(kinds, settings) & trained_action & in_loss[:, None]).float()


def trainable(kinds: Tensor, settings: MaskSettings) -> Tensor:
    """s: what the model sampled; observations as well, in the trial that does not mask them."""
    sampled = kinds == TokenKind.SAMPLED
    return sampled if settings.observations else sampled | (kinds == TokenKind.OBSERVATION)


def masked_action(valid_turn: Tensor, advantages: Tensor, settings: MaskSettings) -> Tensor:
    """1 - a: turns with an invalid action, so far as the settings mask them."""
    match settings.action:
        case "both":
            return ~valid_turn
        case "positive_only":
            return ~valid_turn & (advantages > 0)[:, None]
        case "off":
            return torch.zeros_like(valid_turn)
