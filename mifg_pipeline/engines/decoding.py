"""The turns of a batch while they are sampled, one token of each at a time."""

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import DynamicCache

from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import SampledTurn, SamplingRequest
from mifg_pipeline.engines.prompt_batch import PromptBatch
from mifg_pipeline.engines.sampling import draw, uniform_numbers


class Decoding:
    """State of R turns, of which A are still in the batch; a turn that has ended leaves it once half of them have.

    All that is read at every token stays on the device; one number a token comes back from it.

    Args:
        requests: The R requests.
        prompts: Theirs.
        cache: With the R prompts read.
        chat_format: Of the model.
    """

    def __init__(
        self, requests: Sequence[SamplingRequest], prompts: PromptBatch, cache: DynamicCache, chat_format: ChatFormat
    ) -> None:
        device = prompts.input_ids.device
        self._requests = requests
        self._prompts = prompts
        self._cache = cache
        self._end_of_turn_id = chat_format.end_of_turn_id
        self._banned = torch.tensor(chat_format.banned_ids, device=device)
        self._uniforms = uniform_numbers(requests).to(device)
        self._temperatures = torch.tensor([request.temperature for request in requests], device=device)
        self._max_tokens = torch.tensor([request.max_tokens for request in requests], device=device)
        self._tokens = torch.zeros(self._uniforms.shape, dtype=torch.int64, device=device)
        self._logprobs = torch.zeros(self._uniforms.shape, device=device)
        self._lengths = torch.zeros(len(requests), dtype=torch.int64, device=device)
        self._drawn = 0
        # Of the rows in the batch: which requests they are, which have ended, and what they read next.
        self._rows = torch.arange(len(requests), device=device)
        self._ended = torch.zeros(len(requests), dtype=torch.bool, device=device)
        self._positions = prompts.next_positions[prompts.prompt_of]
        places = torch.arange(prompts.input_ids.shape[1], device=device)
        self._attended = places < prompts.lengths[prompts.prompt_of, None]

    @property
    def is_done(self) -> bool:
        """Whether all turns have ended."""
        return len(self._rows) == 0

    def draw(self, logits: Tensor) -> None:
        """Draws the next token of each row from its logits, of shape (A, V), and lets turns go that have ended."""
        rows, place = self._rows, self._drawn
        tokens, logprobs = draw(logits, self._banned, self._temperatures[rows], self._uniforms[rows, place])
        self._tokens[rows, place], self._logprobs[rows, place] = tokens, logprobs
        self._lengths[rows] += ~self._ended
        self._drawn += 1
        self._ended |= tokens == self._end_of_turn_id
        self._ended |= self._max_tokens[rows] <= self._drawn
        self._ended |= ~logprobs.isfinite()
        self._let_go(int(self._ended.sum()))

    def inputs(self) -> dict[str, Tensor]:
        """Returns what the model reads next: the token just drawn of each row in the batch."""
        self._attended = torch.nn.functional.pad(self._attended, (0, 1), value=True)
        inputs = {
            "input_ids": self._tokens[self._rows, self._drawn - 1, None],
            "position_ids": self._positions.expand(3, -1)[..., None],
            "attention_mask": self._attended,
        }
        self._positions = self._positions + 1
        return inputs

    def turns(self) -> list[SampledTurn]:
        """Returns all turns, in the order of their requests."""
        table = zip(self._requests, self._tokens.tolist(), self._logprobs.tolist(), self._lengths.tolist(), strict=True)
        expanded = [self._prompts.expanded[prompt] for prompt in self._prompts.prompt_of.tolist()]
        return [
            self._turn(request, prompt, tuple(tokens[:length]), tuple(logprobs[:length]))
            for prompt, (request, tokens, logprobs, length) in zip(expanded, table, strict=True)
        ]

    def _let_go(self, ended: int) -> None:
        if 2 * ended < len(self._rows):
            return
        left = (~self._ended).nonzero()[:, 0]
        self._cache.batch_select_indices(left)
        self._rows, self._ended = self._rows[left], self._ended[left]
        self._positions, self._attended = self._positions[left], self._attended[left]

    def _turn(
        self, request: SamplingRequest, prompt: tuple[int, ...], tokens: tuple[int, ...], logprobs: tuple[float, ...]
    ) -> SampledTurn:
        if not torch.tensor(logprobs).isfinite().all():
            failure = f"The model gave no finite probability at token {len(tokens)} of the turn."
            return SampledTurn(request.key, prompt, (), (), is_finished=False, failure=failure)
        is_finished = tokens[-1] == self._end_of_turn_id
        return SampledTurn(request.key, prompt, tokens, logprobs, is_finished)
