"""Requests as tensors: distinct prompts, padded on the right, with explicit rotary positions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import SamplingRequest
from mifg_pipeline.engines.expansion import expand_image_tokens
from mifg_pipeline.engines.positions import rotary_positions
from mifg_pipeline.engines.view import View


@dataclass(frozen=True)
class PromptBatch:
    """P distinct prompts of R requests; T is the longest prompt's length.

    Padding stands on the right, where causal attention never looks: no mask is needed to read the prompts.

    Attributes:
        expanded: Ids of each prompt, with one image token per visual token.
        views: The images of all prompts, in the order of their tokens.
        prompt_of: Which prompt each request continues, of shape (R,).
        input_ids: Of shape (P, T); padded with 0.
        positions: Of shape (3, P, T): time, height and width.
        lengths: Of shape (P,).
        next_positions: What the first sampled token of each prompt stands at, of shape (P,).
    """

    expanded: list[tuple[int, ...]]
    views: list[View]
    prompt_of: Tensor
    input_ids: Tensor
    positions: Tensor
    lengths: Tensor
    next_positions: Tensor


def prompt_batch(requests: Sequence[SamplingRequest], chat_format: ChatFormat, device: torch.device) -> PromptBatch:
    """Puts each distinct prompt of the requests there once: a group of samples has one."""
    numbers: dict[tuple[tuple[int, ...], tuple[View, ...]], int] = {}
    prompt_of = [numbers.setdefault((request.token_ids, request.views), len(numbers)) for request in requests]
    expanded = [
        tuple(expand_image_tokens(token_ids, chat_format.image_token_id, [*map(chat_format.tokens_of, views)]))
        for token_ids, views in numbers
    ]
    longest = max(map(len, expanded))
    input_ids = np.zeros((len(expanded), longest), dtype=np.int64)
    positions = np.zeros((3, len(expanded), longest), dtype=np.int64)
    for row, (ids, (_, views)) in enumerate(zip(expanded, numbers, strict=True)):
        image = [token == chat_format.image_token_id for token in ids]
        input_ids[row, : len(ids)] = ids
        positions[:, row, : len(ids)] = rotary_positions(image, map(chat_format.grid_of, views))
    return PromptBatch(
        expanded=expanded,
        views=[view for _, views in numbers for view in views],
        prompt_of=torch.tensor(prompt_of, device=device),
        input_ids=torch.from_numpy(input_ids).to(device),
        positions=torch.from_numpy(positions).to(device),
        lengths=torch.tensor([len(ids) for ids in expanded], device=device),
        next_positions=torch.from_numpy(positions.max(axis=(0, 2)) + 1).to(device),
    )
