"""AdamW for the trainable parameters, and its learning rate."""

from collections.abc import Iterable

import torch
from torch import nn
from torch.distributed.tensor import DTensor

from mifg_pipeline.config.train import OptimizerSettings


def adamw(parameters: Iterable[nn.Parameter], settings: OptimizerSettings) -> torch.optim.AdamW:
    """AdamW whose weight decay leaves vectors (biases, norms) alone."""
    trainable = list(parameters)
    groups = [
        {"params": [p for p in trainable if p.ndim >= 2], "weight_decay": settings.weight_decay},
        {"params": [p for p in trainable if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]], lr=settings.learning_rate, betas=settings.betas
    )


def learning_rate(step: int, settings: OptimizerSettings) -> float:
    """Of a step, counted from 1: rises linearly over the warm-up and then stays."""
    return settings.learning_rate * min(1.0, step / max(1, settings.warmup_steps))


def clip_gradients(parameters: Iterable[nn.Parameter], max_norm: float) -> float:
    """Scales the gradients down to a norm of at most ``max_norm``; returns the norm that they had, over all ranks."""
    norm = nn.utils.clip_grad_norm_(parameters, max_norm)
    return float(norm.full_tensor() if isinstance(norm, DTensor) else norm)
