"""Reads attention off a running model, one layer at a time and the wanted rows alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

MAX_SCORES: Final = 2**26
"""Attention weights that are held at a time: 256 MB. A whole map of 16,000 tokens and 28 heads would take 29 GB."""

_NAME: Final = "pooled"


@contextmanager
def pooled_attention(model: PreTrainedModel, rows: Tensor, group: Tensor, groups: int) -> Iterator[list[Tensor]]:
    """While the block runs, each layer of the language model adds its attention shares to the list that is yielded.

    The weights are those of eager attention, ``softmax(q k / sqrt(d))`` in float32, computed beside the fast kernel,
    whose outputs the model goes on with. Only one sequence may go through the model within the block.

    Args:
        model: Qwen2.5-VL or Qwen3-VL, with or without adapters.
        rows: Positions whose attention is wanted, (R,) int64.
        group: Of each of the T positions that are attended to, (T,) int64, below ``groups``.
        groups: How many there are.

    Yields:
        After a forward pass, for each layer (R, groups) float32: how the attention of a row is shared out among the
        groups, as the mean over heads; each row adds up to 1.
    """
    members = torch.nn.functional.one_hot(group, groups).float()
    shares: list[Tensor] = []

    def attend(
        module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **rest: Any
    ) -> tuple[Tensor, None]:
        with torch.no_grad():
            shares.append(_pooled(query, key, attention_mask, rest["scaling"], rows, members).cpu())
        output: tuple[Tensor, None] = sdpa_attention_forward(module, query, key, value, attention_mask, **rest)
        return output

    text = model.config.text_config
    before = text._attn_implementation
    AttentionInterface.register(_NAME, attend)
    AttentionMaskInterface.register(_NAME, sdpa_mask)
    model.set_attn_implementation({"text_config": _NAME})
    try:
        yield shares
    finally:
        model.set_attn_implementation({"text_config": before})


def _pooled(query: Tensor, key: Tensor, mask: Tensor | None, scaling: float, rows: Tensor, members: Tensor) -> Tensor:
    """The mean over heads of what the rows of a batch of one pay to each group, (R, G).

    Args:
        query: (1, heads, T, D).
        key: (1, key heads, T, D), each for as many heads in a row as there are more of those.
        mask: (1, 1, T, T) bool; causal where None.
        scaling: Of the products.
        rows: (R,).
        members: (T, G), one 1 a row.
    """
    assert len(query) == 1, "attention is pooled of one sequence at a time"
    _, heads, length, _ = query.shape
    keys = key[0].repeat_interleave(heads // key.shape[1], dim=0).transpose(1, 2)
    places = torch.arange(length, device=query.device)
    members = members.to(query.device)
    parts = []
    for some in torch.split(rows.to(query.device), max(1, MAX_SCORES // (heads * length))):
        scores = query[0, :, some] @ keys * scaling
        visible = places <= some[:, None] if mask is None else mask[0, 0, some]
        weights = scores.masked_fill(~visible, -torch.inf).softmax(dim=-1, dtype=torch.float32)
        parts.append((weights @ members).mean(dim=0))
    return torch.cat(parts)
