"""Samples with a Transformers model in this process: batches of turns with a KV cache."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.core_model_loading import revert_weight_conversion

from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.decoding import Decoding
from mifg_pipeline.engines.engine import SampledTurn, SamplingRequest
from mifg_pipeline.engines.out_of_memory import naming_the_setting
from mifg_pipeline.engines.prompt_batch import PromptBatch, prompt_batch
from mifg_pipeline.engines.vision_features import VisionFeatures
from mifg_pipeline.engines.vision_inputs import VisionInputs

SAMPLING = "rollout.batch_size, or episode.max_tokens"
"""The settings to lower where sampling needs too much memory."""


class HuggingFaceEngine:
    """An engine around a model that the caller may train meanwhile: it shares its weights.

    Args:
        model: Qwen2.5-VL or Qwen3-VL of Transformers; of a PEFT model what ``get_base_model`` returns.
        chat_format: Of the same checkpoint.
        batch_size: Most turns that are sampled at a time.
    """

    restarts = 0
    cached_share = None

    def __init__(self, model: Any, chat_format: ChatFormat, batch_size: int) -> None:
        self._model = model
        self._chat_format = chat_format
        self._batch_size = batch_size
        self._features = VisionFeatures(model, VisionInputs(chat_format.image_processor))
        self._queue: deque[SamplingRequest] = deque()

    def submit(self, request: SamplingRequest) -> None:
        """Queues a request."""
        self._queue.append(request)

    def step(self) -> list[SampledTurn]:
        """Samples the oldest ``batch_size`` requests to their ends.

        Raises:
            MifgError: They do not fit into memory.
        """
        requests = [self._queue.popleft() for _ in range(min(self._batch_size, len(self._queue)))]
        if not requests:
            return []
        with torch.no_grad(), _evaluating(self._model), naming_the_setting(SAMPLING):
            return self._sample(requests)

    def sync(self, weights: Iterable[tuple[str, Tensor]]) -> None:
        """Copies weights into the model, and forgets what its vision tower made with the old ones.

        Args:
            weights: By their names in the checkpoint; none if the caller has changed the shared model itself.

        Raises:
            KeyError: The model has no weight of a name.
        """
        with torch.no_grad():
            for name, weight in weights:
                self._weights[name].copy_(weight)
        self._features.clear()

    def abort(self, keys: Collection[int]) -> None:
        """Takes requests out of the queue."""
        self._queue = deque(request for request in self._queue if request.key not in keys)

    def sleep(self) -> None:
        """Holds nothing between steps but the features of images."""
        self._features.clear()

    def wake(self) -> None:
        """Needs nothing."""

    def close(self) -> None:
        """Has started nothing."""

    @cached_property
    def _weights(self) -> dict[str, Tensor]:
        """The model's own weights, by their names in a checkpoint."""
        weights: dict[str, Tensor] = revert_weight_conversion(self._model, self._model.state_dict())
        return weights

    def _sample(self, requests: Sequence[SamplingRequest]) -> list[SampledTurn]:
        prompts = prompt_batch(requests, self._chat_format, self._model.device)
        cache = DynamicCache(config=self._model.config)
        hidden = self._read(prompts, cache)
        decoding = Decoding(requests, prompts, cache, self._chat_format)
        while True:
            decoding.draw(self._model.lm_head(hidden))
            if decoding.is_done:
                return decoding.turns()
            inputs = decoding.inputs()
            hidden = self._model.model(**inputs, past_key_values=cache, use_cache=True).last_hidden_state[:, -1]

    def _read(self, prompts: PromptBatch, cache: DynamicCache) -> Tensor:
        """Fills the cache with the prompts and returns the last hidden state of the prompt of each request."""
        output = self._model.model(
            input_ids=prompts.input_ids,
            position_ids=prompts.positions,
            mm_encoder_outputs={"image": self._features.of(prompts.views)} if prompts.views else None,
            past_key_values=cache,
            use_cache=True,
        )
        cache.batch_select_indices(prompts.prompt_of)
        hidden: Tensor = output.last_hidden_state[prompts.prompt_of, prompts.lengths[prompts.prompt_of] - 1]
        return hidden


@contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    """Turns dropout off for a while."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)
