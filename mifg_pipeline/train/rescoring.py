"""Scores sampled tokens anew with the policy, to compare what an engine reported with what the trainer computes."""

from collections.abc import Sequence

import torch
from torch import Tensor

from mifg_pipeline.engines.ledger import TokenKind, Tracks
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.train.policy import Policy
from mifg_pipeline.train.token_batch import token_batch


@torch.no_grad()
def rescored(
    policy: Policy, tracks: Sequence[Tracks], vision_inputs: VisionInputs, temperature: float
) -> list[list[float]]:
    """The policy's log-probabilities of the sampled tokens of trajectories that share one forward pass.

    Args:
        policy: Scores them.
        tracks: At least one, each with at least one sampled token.
        vision_inputs: Of the policy's checkpoint.
        temperature: That they were sampled at, above 0.

    Returns:
        Nats of each trajectory's sampled tokens, in their order.
    """
    scored = sampled_tokens(tracks)
    batch = token_batch(range(len(tracks)), tracks, scored, vision_inputs, policy.merge_size)
    parts = policy(batch.to(policy.device), temperature).cpu().split(scored.sum(dim=1).tolist())
    return [part.tolist() for part in parts]


def sampled_tokens(tracks: Sequence[Tracks]) -> Tensor:
    """Which tokens were sampled, (M, T) bool."""
    scored = torch.zeros(len(tracks), max(len(track.kinds) for track in tracks), dtype=torch.bool)
    for row, track in enumerate(tracks):
        scored[row, : len(track.kinds)] = torch.tensor([kind is TokenKind.SAMPLED for kind in track.kinds])
    return scored
