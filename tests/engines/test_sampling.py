import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.engines.engine import SamplingRequest
from mifg_pipeline.engines.sampling import draw, uniform_numbers

BANNED = torch.tensor([1, 4])


def draw_one(logits, temperature=1.0, uniform=0.5):
    tokens, logprobs = draw(
        torch.tensor([logits]), BANNED, torch.tensor([temperature]), torch.tensor([uniform], dtype=torch.float64)
    )
    return int(tokens[0]), float(logprobs[0])


def allowed(logits):
    return np.array([-np.inf if place in BANNED.tolist() else logit for place, logit in enumerate(logits)])


def log_softmax(logits):
    return logits - logits.max() - np.log(np.exp(logits - logits.max()).sum())


rows = st.lists(st.floats(-50, 50, width=32), min_size=6, max_size=6)
uniforms = st.floats(0, 1 - 2**-40)


@given(rows, st.floats(0.1, 3), uniforms)
def test_the_log_probability_is_that_of_the_distribution_drawn_from(logits, temperature, uniform):
    token, logprob = draw_one(logits, temperature, uniform)
    np.testing.assert_allclose(logprob, log_softmax(allowed(logits) / temperature)[token], atol=1e-4)


@given(rows, uniforms)
def test_banned_ids_are_never_drawn(logits, uniform):
    logits = [1e4 if place in BANNED.tolist() else logit for place, logit in enumerate(logits)]
    assert draw_one(logits, uniform=uniform)[0] not in BANNED.tolist()


@given(rows, uniforms)
def test_temperature_0_takes_the_likeliest_with_its_probability_at_1(logits, uniform):
    token, logprob = draw_one(logits, temperature=0.0, uniform=uniform)
    assert allowed(logits)[token] == allowed(logits).max()
    np.testing.assert_allclose(logprob, log_softmax(allowed(logits))[token], atol=1e-4)


def test_tokens_come_as_often_as_they_should():
    logits = torch.log(torch.tensor([0.5, 9.0, 0.2, 0.3, 9.0])).repeat(100_000, 1)
    uniforms = torch.rand(100_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    tokens, _ = draw(logits, BANNED, torch.ones(100_000), uniforms)
    shares = torch.bincount(tokens, minlength=5) / 100_000
    torch.testing.assert_close(shares, torch.tensor([0.5, 0.0, 0.2, 0.3, 0.0]), atol=0.01, rtol=0)


@pytest.mark.parametrize("vocabulary", [5, 64, 1000, 1024])
def test_the_token_is_where_the_cumulated_distribution_passes_the_uniform_number(vocabulary):
    generator = torch.Generator().manual_seed(0)
    logits = 5 * torch.randn(1000, vocabulary, generator=generator)
    uniforms = torch.rand(1000, generator=generator, dtype=torch.float64)
    cumulated = logits.double().index_fill(1, BANNED, -torch.inf).softmax(-1).cumsum(-1)
    expected = torch.searchsorted(cumulated, uniforms[:, None])[:, 0]
    tokens, _ = draw(logits, BANNED, torch.ones(1000), uniforms)
    assert torch.equal(tokens, expected)


def test_a_row_without_a_finite_distribution_is_told_by_its_log_probability():
    assert not np.isfinite(draw_one([float("nan")] * 6)[1])


def test_uniform_numbers_are_those_of_the_requests_own_seed():
    def request(seed, max_tokens):
        return SamplingRequest(0, (), (), max_tokens, 1.0, seed)

    together = uniform_numbers([request(1, 3), request(2, 5), request(1, 3)])
    assert torch.equal(together[0], together[2])
    assert torch.equal(together[1], uniform_numbers([request(2, 5)])[0])
    assert not torch.equal(together[0, :3], together[1, :3])
