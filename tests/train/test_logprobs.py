"""The chunked head gives what the plain one gives."""

import pytest
import torch
from torch import Tensor

from mifg_pipeline.train import logprobs
from mifg_pipeline.train.logprobs import selected_logprobs

ROWS, HIDDEN, VOCABULARY = 7, 5, 11


def plain(hidden: Tensor, weight: Tensor, targets: Tensor, ban: Tensor, temperature: float) -> Tensor:
    """The definition, with all logits at once."""
    logprobs = ((hidden @ weight.T + ban) / temperature).log_softmax(dim=-1)
    return logprobs.gather(1, targets[:, None]).squeeze(1)


@pytest.fixture(autouse=True, params=[1, 2, 3, ROWS, ROWS + 5], ids=lambda rows: f"{rows} rows a chunk")
def chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks that divide the rows evenly, unevenly, one by one, and hold them all."""
    monkeypatch.setattr(logprobs, "CHUNK_BYTES", request.param * 4 * VOCABULARY)


@pytest.fixture
def inputs() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Hidden states, head, targets and ban, in float64."""
    draw = torch.Generator().manual_seed(3)
    hidden = torch.randn(ROWS, HIDDEN, generator=draw, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(VOCABULARY, HIDDEN, generator=draw, dtype=torch.float64, requires_grad=True)
    ban = torch.zeros(VOCABULARY, dtype=torch.float64)
    ban[[2, 9]] = -torch.inf
    return hidden, weight, torch.tensor([0, 1, 3, 4, 10, 0, 5]), ban


@pytest.mark.parametrize("temperature", [1.0, 0.4, 3.0])
def test_values_and_gradients_are_those_of_the_definition(
    inputs: tuple[Tensor, Tensor, Tensor, Tensor], temperature: float
) -> None:
    hidden, weight = inputs[:2]
    shares = torch.linspace(-2, 3, ROWS, dtype=torch.float64)
    ours, theirs = (function(*inputs, temperature) for function in (selected_logprobs, plain))
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-13)
    our_gradients = torch.autograd.grad((ours * shares).sum(), (hidden, weight))
    their_gradients = torch.autograd.grad((theirs * shares).sum(), (hidden, weight))
    torch.testing.assert_close(our_gradients, their_gradients, rtol=0, atol=1e-13)


def test_gradients_are_those_of_finite_differences(inputs: tuple[Tensor, Tensor, Tensor, Tensor]) -> None:
    hidden, weight, targets, ban = inputs
    assert torch.autograd.gradcheck(lambda h, w: selected_logprobs(h, w, targets, ban, 0.7), (hidden, weight))


def test_a_frozen_head_gets_no_gradient(inputs: tuple[Tensor, Tensor, Tensor, Tensor]) -> None:
    hidden, weight, targets, ban = inputs
    selected_logprobs(hidden, weight.requires_grad_(False), targets, ban, 1.0).sum().backward()
    assert weight.grad is None
    assert hidden.grad is not None


def test_no_rows_give_no_logprobs_and_a_gradient_of_zeros(inputs: tuple[Tensor, Tensor, Tensor, Tensor]) -> None:
    hidden, weight, targets, ban = inputs
    selected_logprobs(hidden[:0], weight, targets[:0], ban, 1.0).sum().backward()
    assert weight.grad is not None
    assert not weight.grad.any()


def test_a_banned_target_has_no_probability(inputs: tuple[Tensor, Tensor, Tensor, Tensor]) -> None:
    hidden, weight, targets, ban = inputs
    assert torch.isneginf(selected_logprobs(hidden, weight, torch.full_like(targets, 9), ban, 1.0)).all()


def test_huge_logits_stay_finite(inputs: tuple[Tensor, Tensor, Tensor, Tensor]) -> None:
    hidden, weight, targets, ban = inputs
    assert selected_logprobs(hidden * 1e4, weight, targets, ban, 0.1).isfinite().all()


def test_bfloat16_inputs_give_float32_logprobs(inputs: tuple[Tensor, Tensor, Tensor, Tensor]) -> None:
    hidden, weight, targets, ban = inputs
    narrow = [tensor.detach().bfloat16().requires_grad_() for tensor in (hidden, weight)]
    found = selected_logprobs(*narrow, targets, ban.float(), 1.0)
    found.sum().backward()
    expected = (narrow[0] @ narrow[1].T).float().add(ban.float()).log_softmax(-1).gather(1, targets[:, None])[:, 0]
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    assert [tensor.grad.dtype for tensor in narrow if tensor.grad is not None] == [torch.bfloat16] * 2
