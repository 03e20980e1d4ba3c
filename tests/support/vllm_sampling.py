"""Samples with vLLM in this process, and compares with a plain forward pass."""

import torch
from PIL import Image
from vllm.model_executor.layers import utils

from mifg_pipeline.engines.vllm.messages import Request
from mifg_pipeline.engines.vllm.shown_views import shown

EXACT, SEEN = 1e-5, 1e-3
"""Largest difference in log-probability of equal models, and the least that tells two apart."""

PACKING = utils.dispatch_cpu_unquantized_gemm
"""How vLLM has a layer compute on a CPU where it is left to itself."""


def sampled_together(sampler, requests):
    """The turns of requests, in no order."""
    for request in requests:
        views = tuple(map(shown, request.views))
        limits = request.max_tokens, request.temperature, request.seed
        refusal = sampler.add(
            Request(request.key, request.token_ids, views, *limits),
            [Image.fromarray(view.pixels) for view in request.views],
        )
        assert refusal is None
    turns = []
    while sampler.is_busy:
        turns += sampler.step()
    return turns


def sampled(sampler, request):
    (turn,) = sampled_together(sampler, [request])
    return turn


def gap(plain_logprobs, model, request, turn):
    plain = plain_logprobs(model, request, turn).gather(1, torch.tensor(turn.token_ids)[:, None])[:, 0]
    return (plain - torch.tensor(turn.logprobs)).abs().max().item()


def weights_of(model):
    """By their names in a checkpoint."""
    tied = model.config.tie_word_embeddings
    for name, weight in model.state_dict().items():
        if not (tied and name == "lm_head.weight"):
            yield name.replace("model.language_model.", "model.").replace("model.visual.", "visual."), weight


def perturb(module):
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in module.parameters():
            weight.add_(0.05 * torch.randn(weight.shape, generator=generator))
