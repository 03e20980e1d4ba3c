"""Each thing that the sampler does for exact log-probabilities: with it they are, and without it they are not."""

from dataclasses import replace

import msgspec
import pytest
import torch
from transformers import AutoModelForImageTextToText
from vllm_sampling import EXACT, SEEN, gap, perturb, sampled, sampled_together, weights_of

from mifg_pipeline.engines.expansion import expand_image_tokens


@pytest.fixture(scope="module")
def shared_sampler(checkpoint, started):
    with started(checkpoint) as sampler:
        yield sampler


@pytest.fixture
def model(checkpoint):
    return AutoModelForImageTextToText.from_pretrained(checkpoint, dtype=torch.float32)


@pytest.fixture
def sampler(shared_sampler, model):
    """With the checkpoint's weights and empty caches."""
    shared_sampler.load(weights_of(model))
    return shared_sampler


@pytest.fixture
def request_of_images(make_request, make_view):
    """Long enough that vLLM keeps its beginning: it does so by blocks of 128 tokens."""
    return make_request(0, make_view("first", 12, 12), "a", make_view("second"), "What is it?", temperature=0.0)


@pytest.fixture
def gap_after_an_update(sampler, model, request_of_images, plain_logprobs):
    """Samples, has new weights of a part taken, and samples the same again."""

    def measure(part):
        sampled(sampler, request_of_images)
        perturb(part)
        sampler.load(weights_of(model))
        return gap(plain_logprobs, model, request_of_images, sampled(sampler, request_of_images))

    return measure


def test_an_update_leaves_nothing_of_the_old_weights(gap_after_an_update, model):
    assert gap_after_an_update(model) <= EXACT


def test_without_a_reset_of_the_prefix_cache_the_old_weights_have_read_the_prompt(
    gap_after_an_update, model, sampler, monkeypatch
):
    monkeypatch.setattr(sampler._engine, "reset_prefix_cache", lambda: None)
    assert gap_after_an_update(model.model.language_model) > SEEN


def test_without_a_reset_of_the_encoder_cache_the_old_weights_have_seen_the_images(
    gap_after_an_update, model, sampler, monkeypatch
):
    monkeypatch.setattr(sampler._engine, "reset_encoder_cache", lambda: None)
    assert gap_after_an_update(model.model.visual) > SEEN


def test_one_pad_stands_for_an_image(sampler, request_of_images, chat_format):
    counts = [chat_format.tokens_of(view) for view in request_of_images.views]
    ours = tuple(expand_image_tokens(request_of_images.token_ids, chat_format.image_token_id, counts))
    assert sampled(sampler, request_of_images).prompt_token_ids == ours
    assert sampled(sampler, replace(request_of_images, token_ids=ours)).prompt_token_ids != ours


@pytest.mark.parametrize("is_banned", [True, False])
def test_pads_are_sampled_unless_they_are_ruled_out(sampler, make_request, chat_format, monkeypatch, is_banned):
    if not is_banned:
        monkeypatch.setattr(sampler, "_options", msgspec.structs.replace(sampler._options, banned_ids=()))
    turns = sampled_together(sampler, [make_request(seed, "How many?", max_tokens=50) for seed in range(20)])
    tokens = {token for turn in turns for token in turn.token_ids}
    assert tokens.isdisjoint(chat_format.banned_ids) == is_banned
