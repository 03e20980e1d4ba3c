"""Policies of tiny checkpoints, and what they read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mifg_pipeline.config.train import ModelSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.ledger import TokenKind, Tracks
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.train.model import load_policy
from mifg_pipeline.train.policy import Policy
from mifg_pipeline.train.token_batch import TokenBatch, token_batch

CPU = torch.device("cpu")


def load(checkpoint: Path, **settings: Any) -> Policy:
    """The policy of a checkpoint; keyword arguments are its model settings."""
    return load_policy(ModelSettings.model_validate({"path": str(checkpoint), **settings}), 0, CPU)


def scored_tokens(tracks: Sequence[Tracks]) -> Tensor:
    """All sampled tokens, (M, T) bool."""
    length = max(len(track.kinds) for track in tracks)
    rows = [[kind == TokenKind.SAMPLED for kind in track.kinds] for track in tracks]
    return torch.tensor([row + [False] * (length - len(row)) for row in rows])


def batch_of(policy: Policy, tracks: Sequence[Tracks]) -> TokenBatch:
    """All of these trajectories in one batch, sampled tokens scored."""
    vision_inputs = VisionInputs(ChatFormat.load(policy.chat_folder).image_processor)
    return token_batch(range(len(tracks)), tracks, scored_tokens(tracks), vision_inputs, policy.merge_size)
