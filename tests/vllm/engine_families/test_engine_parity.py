"""vLLM reports the log-probabilities that Transformers computes, before and after its weights have changed."""

import pytest
import torch


@pytest.fixture
def three_images(make_request, make_view):
    """Two turns, of which the second brings a third image; and one that shares the beginning."""
    first, second, third = make_view("first"), make_view("second", 4, 5), make_view("third", 1, 1)
    question = ("Image 1: ", first, "Image 2: ", second, "Which image shows the red circle?")
    return [
        make_request(0, *question, second_turn=["Image 1, 1-1: ", third]),
        make_request(1, *question),
        make_request(2, "Image 1: ", third, "What is it?", temperature=0.6),
        make_request(3, "How many?", temperature=0.0),
    ]


@pytest.fixture
def gap(engine, model, plain_logprobs):
    """The largest difference to a plain forward pass, over all tokens of the requests' turns."""

    def largest(requests):
        for request in requests:
            engine.submit(request)
        turns = []
        while some := engine.step():
            turns += some
        asked = {request.key: request for request in requests}
        return max(difference(plain_logprobs(model, asked[turn.key], turn), turn) for turn in turns)

    return largest


def difference(plain, turn):
    chosen = plain.gather(1, torch.tensor(turn.token_ids)[:, None])[:, 0]
    return (chosen - torch.tensor(turn.logprobs)).abs().max().item()


def perturb(module, seed=0):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in module.parameters():
            weight.add_(0.05 * torch.randn(weight.shape, generator=generator))


def test_log_probabilities_are_those_of_a_plain_forward_pass(gap, three_images):
    assert gap(three_images) <= 1e-5


@pytest.mark.parametrize("part", ["visual", "language_model"])
def test_new_weights_of_a_part_leave_nothing_of_the_old_ones(
    engine, model, gap, three_images, checkpoint_weights, part
):
    gap(three_images)
    perturb(getattr(model.model, part))
    assert gap(three_images) > 1e-3, "the update is large enough to be seen"
    engine.sync(checkpoint_weights(model))
    assert gap(three_images) <= 1e-5


def test_the_trained_weights_alone_suffice(engine, model, gap, three_images, checkpoint_weights):
    perturb(model.model.language_model)
    engine.sync([(name, weight) for name, weight in checkpoint_weights(model) if "visual" not in name])
    assert gap(three_images) <= 1e-5
