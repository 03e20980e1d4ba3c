"""What the sampler decides before vLLM builds a model: exact with it, and not without it."""

import pytest
import torch
from transformers import AutoModelForImageTextToText
from vllm.model_executor.layers import utils
from vllm_sampling import EXACT, PACKING, gap, perturb, sampled, weights_of

from mifg_pipeline.engines.vllm import arguments, sampler


@pytest.fixture
def tied_model(tied_checkpoint):
    return AutoModelForImageTextToText.from_pretrained(tied_checkpoint, dtype=torch.float32)


@pytest.fixture
def small_image(make_request, make_view):
    return make_request(0, make_view("first"), "What is it?", temperature=0.0)


@pytest.mark.parametrize("is_left_packed", [False, True])
def test_tied_weights_are_new_after_an_update_unless_they_are_left_packed(
    started, tied_checkpoint, tied_model, small_image, plain_logprobs, monkeypatch, is_left_packed
):
    monkeypatch.setattr(utils, "dispatch_cpu_unquantized_gemm", PACKING)
    if is_left_packed:
        monkeypatch.setattr(sampler, "keep_weights_unpacked", lambda: None)
    with started(tied_checkpoint) as running:
        perturb(tied_model)
        if is_left_packed:
            with pytest.raises(AttributeError, match="weight_loader"):
                running.load(weights_of(tied_model))
        else:
            running.load(weights_of(tied_model))
            assert gap(plain_logprobs, tied_model, small_image, sampled(running, small_image)) <= EXACT


@pytest.mark.parametrize("has_size", [True, False])
def test_vllm_leaves_a_small_view_as_it_is_only_where_it_is_told_the_sizes(
    started, checkpoint, make_request, make_view, chat_format, monkeypatch, has_size
):
    request = make_request(0, make_view("small", 1, 1), "What is it?")
    fixed = arguments._fixed
    if not has_size:
        monkeypatch.setattr(arguments, "_fixed", lambda options: {**fixed(options), "mm_processor_kwargs": None})
    with started(checkpoint) as running:
        prompt = sampled(running, request).prompt_token_ids
    tokens = sum(token == chat_format.image_token_id for token in prompt)
    assert (tokens == 1) == has_size
