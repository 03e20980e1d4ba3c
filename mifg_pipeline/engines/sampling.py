"""Draws tokens from logits: the whole distribution, without the banned ids, at each row's temperature."""

from collections.abc import Sequence

import torch
from torch import Tensor

from mifg_pipeline.engines.engine import SamplingRequest

_BLOCK = 64
"""Probabilities that are summed before they are cumulated; vocabularies are multiples of it."""

_LARGEST_UNIFORM = 1 - 2**-40
"""Keeps a draw below the end of the cumulated distribution in spite of rounding."""


def draw(logits: Tensor, banned: Tensor, temperatures: Tensor, uniforms: Tensor) -> tuple[Tensor, Tensor]:
    """Draws one token for each of R rows.

    A row's token depends on its own logits and its own uniform number alone, whatever rows stand beside it.

    Args:
        logits: Of shape (R, V); float32 ones are overwritten.
        banned: Ids that get no probability, of shape (B,).
        temperatures: Of shape (R,); 0 takes the likeliest token, with its probability at temperature 1.
        uniforms: Of shape (R,), float64, in [0, 1).

    Returns:
        Token ids (R,) and their log-probabilities (R,), float32: ``log_softmax((logits + ban) / temperature)``. A row
        that has no finite distribution gets a log-probability that is not finite.
    """
    greedy = temperatures == 0
    scaled = logits.float().index_fill_(1, banned, -torch.inf)
    scaled /= torch.where(greedy, 1.0, temperatures)[:, None]
    probabilities = scaled.softmax(-1)
    tokens = torch.where(greedy, scaled.argmax(-1), _invert(probabilities, uniforms))
    return tokens, probabilities.gather(1, tokens[:, None])[:, 0].log()


def uniform_numbers(requests: Sequence[SamplingRequest]) -> Tensor:
    """Returns a row of uniform numbers for each request, from its own seed, of shape (R, largest ``max_tokens``)."""
    numbers = torch.zeros(len(requests), max(request.max_tokens for request in requests), dtype=torch.float64)
    for row, request in zip(numbers, requests, strict=True):
        generator = torch.Generator().manual_seed(request.seed)
        torch.rand(request.max_tokens, generator=generator, dtype=torch.float64, out=row[: request.max_tokens])
    return numbers.clamp_(max=_LARGEST_UNIFORM)


def _invert(probabilities: Tensor, uniforms: Tensor) -> Tensor:
    """Returns the first token of each row up to which the probabilities sum to more than its uniform number.

    The sum is searched by blocks, then inside one: cumulating a whole vocabulary in double precision takes longer than
    all else that sampling does.
    """
    rows, vocabulary = probabilities.shape
    if vocabulary % _BLOCK:
        probabilities = torch.nn.functional.pad(probabilities, (0, -vocabulary % _BLOCK))
    blocks = probabilities.view(rows, -1, _BLOCK)
    sums = blocks.sum(-1).double()
    edges = sums.cumsum(-1)
    target = (uniforms * edges[:, -1])[:, None]
    block = torch.searchsorted(edges, target, right=True).clamp(max=blocks.shape[1] - 1)
    share = 1 - (edges.gather(1, block) - target) / sums.gather(1, block)
    inside = blocks[torch.arange(rows, device=block.device), block[:, 0]].cumsum(-1, dtype=torch.float64)
    place = torch.searchsorted(inside, share.clamp(0, _LARGEST_UNIFORM) * inside[:, -1:], right=True)
    return (block * _BLOCK + place)[:, 0].clamp(max=vocabulary - 1)
