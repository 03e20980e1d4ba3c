"""Views, requests, and the log-probabilities that a plain forward pass gives: for the tests of every engine."""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from transformers import PreTrainedModel

from mifg_pipeline.engines.engine import SampledTurn, SamplingRequest
from mifg_pipeline.engines.view import View


@pytest.fixture(scope="session")
def make_view(chat_format) -> Callable[[str, int, int], View]:
    def make(name: str, rows: int = 2, columns: int = 3) -> View:
        digest = hashlib.sha256(name.encode()).hexdigest()
        height, width = rows * chat_format.token_side, columns * chat_format.token_side
        generator = np.random.default_rng(int(digest[:8], 16))
        pixels = generator.integers(0, 256, (height, width, 3), dtype=np.uint8)
        return View(digest, None, height, width, pixels)

    return make


@pytest.fixture(scope="session")
def make_request(chat_format) -> Callable[..., SamplingRequest]:
    def make(key: int, *parts: str | View, second_turn: Sequence[str | View] = (), **fields) -> SamplingRequest:
        token_ids = chat_format.prompt("You answer questions.", parts)
        if second_turn:
            turn = chat_format.prompt("", ["Look again."])[-9:-5]
            token_ids += (*turn, chat_format.end_of_turn_id, *chat_format.observation(second_turn))
        views = tuple(part for part in (*parts, *second_turn) if isinstance(part, View))
        defaults = {"max_tokens": 12, "temperature": 1.0, "seed": key}
        return SamplingRequest(key, token_ids, views, **{**defaults, **fields})

    return make


@pytest.fixture(scope="session")
def plain_logprobs(chat_format) -> Callable[[PreTrainedModel, SamplingRequest, SampledTurn], torch.Tensor]:
    """Of every token at each sampled place: one pass over all, with the library's own images and positions."""

    def compute(model: PreTrainedModel, request: SamplingRequest, turn: SampledTurn) -> torch.Tensor:
        input_ids = torch.tensor([turn.prompt_token_ids + turn.token_ids])
        images = {}
        if request.views:
            images = chat_format.image_processor(
                images=[view.pixels for view in request.views],
                do_resize=False,
                input_data_format="channels_last",
                return_tensors="pt",
            )
        model.model.rope_deltas = None
        with torch.no_grad():
            mm_token_type_ids = (input_ids == chat_format.image_token_id).int()
            logits = model(input_ids=input_ids, mm_token_type_ids=mm_token_type_ids, **images).logits[0]
        logits[:, list(chat_format.banned_ids)] = -torch.inf
        first = len(turn.prompt_token_ids) - 1
        return (logits[first:-1] / (request.temperature or 1.0)).log_softmax(-1)

    return compute
