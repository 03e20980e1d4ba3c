"""Log-probabilities of chosen tokens without ever holding all logits."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

CHUNK_BYTES = 16 * 2**20
"""Of the logits that exist at a time; a few temporaries of this size come on top."""


def selected_logprobs(hidden: Tensor, weight: Tensor, targets: Tensor, ban: Tensor, temperature: float) -> Tensor:
    """``log_softmax((hidden @ weight.T + ban) / temperature)`` at the targets.

    Logits are made for a few rows at a time, and again in the backward pass, so that the memory does not grow with rows
    times vocabulary. The product is taken in the type of ``hidden``, as the sampler does it; all else in float32.

    Args:
        hidden: (K, H) last hidden states of the positions before the targets.
        weight: (V, H) of the language-model head.
        targets: (K,) int64.
        ban: (V,) 0, or -inf for ids that are never sampled.
        temperature: Of sampling, above 0.

    Returns:
        (K,) float32 (float64 for such inputs), differentiable in ``hidden`` and ``weight``.
    """
    logprobs: Tensor = _SelectedLogprobs.apply(  # type: ignore[no-untyped-call]
        hidden, weight, targets, ban, temperature
    )
    return logprobs


class _SelectedLogprobs(torch.autograd.Function):
    """With p the softmax: d logprob[i] / d logits[i, v] = ([v = target i] - p[i, v]) / temperature."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, ban: Tensor, temperature: float) -> Tensor:
        kind = torch.promote_types(hidden.dtype, torch.float32)
        logprobs = torch.empty(len(hidden), dtype=kind, device=hidden.device)
        normalizers = torch.empty_like(logprobs)
        for rows in _chunks(len(hidden), len(weight)):
            logits = _logits(hidden[rows], weight, ban, temperature)
            normalizers[rows] = _logsumexp(logits)
            logprobs[rows] = logits.gather(1, targets[rows, None]).squeeze(1) - normalizers[rows]
        ctx.save_for_backward(hidden, weight, targets, ban, normalizers)
        ctx.temperature = temperature
        return logprobs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None, None, None]:
        hidden, weight, targets, ban, normalizers = ctx.saved_tensors
        wants_hidden, wants_weight = ctx.needs_input_grad[:2]
        grad_hidden = torch.empty_like(hidden) if wants_hidden else None
        # Sums over thousands of chunks lose small terms in bfloat16.
        grad_weight = torch.zeros_like(weight, dtype=grad.dtype) if wants_weight else None
        for rows in _chunks(len(hidden), len(weight)):
            probabilities = _logits(hidden[rows], weight, ban, ctx.temperature)
            probabilities.sub_(normalizers[rows, None]).exp_()
            share = grad[rows, None] / ctx.temperature
            grad_logits = probabilities.mul_(-share).scatter_add_(1, targets[rows, None], share)
            narrow = grad_logits.to(weight.dtype)
            if grad_hidden is not None:
                torch.mm(narrow, weight, out=grad_hidden[rows])
            if grad_weight is not None:
                _add_product(grad_weight, narrow, hidden[rows])
        return grad_hidden, None if grad_weight is None else grad_weight.to(weight.dtype), None, None, None


def _chunks(rows: int, vocabulary: int) -> Iterator[slice]:
    size = max(1, CHUNK_BYTES // (4 * vocabulary))
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))


def _logits(hidden: Tensor, weight: Tensor, ban: Tensor, temperature: float) -> Tensor:
    logits = hidden @ weight.T
    return logits.to(torch.promote_types(logits.dtype, torch.float32)).add_(ban).div_(temperature)


def _logsumexp(logits: Tensor) -> Tensor:
    """As ``torch.logsumexp``, which would take two temporaries of the size of the logits."""
    largest = logits.amax(dim=1, keepdim=True)
    return (logits - largest).exp_().sum(dim=1).log_() + largest.squeeze(1)


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """``total += left.T @ right``, without a copy of the total where the types allow it."""
    if left.dtype == total.dtype:
        total.addmm_(left.T, right)
    else:
        total.add_(left.T @ right)
