"""The clipped loss: its terms one by one, and its sum over a step however the step is cut."""

import math

import pytest
import torch
from drawn_steps import ALL_MASK_SETTINGS, gradient, shares, steps
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.config.train import AdvantageSettings, LossSettings
from mifg_pipeline.train.loss import Totals, local_totals, policy_loss, token_coefficients

KINDS = ("dapo", "grpo", "dr_grpo")
NAN = math.nan

each_kind = pytest.mark.parametrize("kind", KINDS)


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


def one_token(ratio=1.0, advantage=1.0, correction=1.0, **settings):
    """Loss, gradient by ``new`` and outputs of a token of coefficient 1."""
    old = tensor(-1.0)
    new = (old + math.log(ratio)).requires_grad_()
    sampler = old - math.log(correction)
    outputs = policy_loss(new, old, sampler, tensor(advantage), tensor(1.0), LossSettings(**settings))
    outputs.loss.backward()
    return float(outputs.loss.detach()), float(new.grad), outputs


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "slope"),
    [
        (1.0, 2.0, -2.0, -2.0),
        (1.2, 2.0, -2.4, -2.4),
        (1.5, 2.0, -2.56, 0.0),  # clipped high
        (0.5, 2.0, -1.0, -1.0),  # a good token that got rarer is not clipped
        (0.5, -2.0, 1.6, 0.0),  # clipped low
        (1.5, -2.0, 3.0, 3.0),  # a bad token that got likelier is not clipped
        (1.5, 0.0, 0.0, 0.0),
    ],
)
def test_the_ratio_is_clipped_where_that_bounds_the_step(ratio, advantage, loss, slope):
    assert one_token(ratio, advantage)[:2] == pytest.approx((loss, slope), abs=1e-12)


def test_the_clip_bounds_are_settings():
    loss, slope, outputs = one_token(1.15, 1.0, clip_high=0.1)
    assert (loss, slope, int(outputs.sums["clipped_high"])) == (pytest.approx(-1.1), 0.0, 1)


def test_one_update_has_the_gradient_of_the_plain_policy_gradient():
    new = tensor(-1.0, -2.0).requires_grad_()
    policy_loss(new, new, new.detach(), tensor(0.5, -1.5), tensor(0.1, 0.2), LossSettings()).loss.backward()
    assert new.grad.tolist() == pytest.approx([-0.1 * 0.5, 0.2 * 1.5])


@pytest.mark.parametrize(("correction", "weight"), [(0.25, 0.25), (1.9, 1.9), (5.0, 2.0)])
def test_the_correction_weighs_tokens_up_to_the_cap(correction, weight):
    loss, slope, outputs = one_token(correction=correction)
    assert (loss, slope) == pytest.approx((-weight, -weight))
    assert not outputs.rejected


def test_a_token_above_the_cap_is_rejected_where_the_settings_say_so():
    loss, slope, outputs = one_token(correction=5.0, reject_above_cap=True)
    assert (loss, slope, bool(outputs.rejected)) == (0, 0, True)


@pytest.mark.parametrize("unknown", [NAN, math.inf, -math.inf])
def test_a_token_whose_sampling_probability_is_unknown_is_rejected(unknown):
    new = tensor(-1.0, -1.0).requires_grad_()
    outputs = policy_loss(new, new, tensor(unknown, -1.0), tensor(1.0, 1.0), tensor(1.0, 1.0), LossSettings())
    outputs.loss.backward()
    assert outputs.rejected.tolist() == [True, False]
    assert new.grad.tolist() == [0.0, -1.0]
    assert int(outputs.sums["rejected"]) == 1


@pytest.mark.parametrize(("new", "old"), [(NAN, -1.0), (-1.0, NAN), (NAN, NAN)])
@pytest.mark.parametrize("sampler", [-1.0, NAN])
def test_a_trainer_that_computes_nan_is_not_hidden(new, old, sampler):
    outputs = policy_loss(tensor(new), tensor(old), tensor(sampler), tensor(1.0), tensor(1.0), LossSettings())
    assert outputs.loss.isnan()


def test_the_figures_tell_of_tokens_with_a_coefficient_alone():
    outputs = policy_loss(
        new=tensor(-1.0, -0.5, -0.5),
        old=tensor(-1.0, -1.0, -1.0),
        sampler=tensor(-1.25, -1.0, -9.0),
        advantages=tensor(1.0, 1.0, 1.0),
        coefficients=tensor(0.5, 0.5, 0.0),
        settings=LossSettings(),
    )
    assert {name: float(value) for name, value in outputs.sums.items()} == pytest.approx(
        {"tokens": 2, "clipped_low": 0, "clipped_high": 1, "rejected": 0, "correction": 1 + math.exp(0.25), "gap": 0.25}
    )
    assert outputs.peaks == {"correction": pytest.approx(math.exp(0.25)), "gap": pytest.approx(0.25)}


def test_a_micro_batch_without_tokens_has_a_loss_of_zero_with_a_gradient():
    new = torch.zeros(0, requires_grad=True)
    outputs = policy_loss(new, new, new.detach(), new.detach(), new.detach(), LossSettings())
    outputs.loss.backward()
    assert float(outputs.loss.detach()) == 0
    assert float(outputs.peaks["gap"]) == 0


WEIGHTS = tensor(1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0).reshape(4, 3)
IN_LOSS = torch.tensor([True, True, True, False])


@pytest.mark.parametrize(
    ("kind", "first", "third"), [("dapo", 1 / 4, 1 / 4), ("grpo", 1 / 3 / 2, 1 / 2), ("dr_grpo", 1 / 30, 1 / 30)]
)
def test_the_normaliser_is_that_of_the_kind(kind, first, third):
    """The second trajectory is in the loss without a token, the fourth is not in the loss."""
    coefficients = token_coefficients(WEIGHTS, IN_LOSS, kind, 10)
    assert coefficients[0].tolist() == pytest.approx([first] * 3)
    assert coefficients[2].tolist() == pytest.approx([third, 0, 0])
    assert not coefficients[[1, 3]].any()


def test_totals_count_tokens_trajectories_with_weight_and_trajectories_in_the_loss():
    assert local_totals(WEIGHTS, IN_LOSS) == Totals(tokens=4, trajectories=2, in_loss=3)


@each_kind
def test_a_step_without_weight_has_coefficients_of_zero(kind):
    coefficients = token_coefficients(torch.zeros(2, 3), torch.tensor([False, False]), kind, 10)
    assert coefficients.tolist() == [[0.0] * 3] * 2


@each_kind
def test_tokens_that_are_not_scored_keep_their_share_in_the_normaliser(kind):
    coefficients = token_coefficients(WEIGHTS, IN_LOSS, kind, 10)
    partial = token_coefficients(WEIGHTS[:1], IN_LOSS[:1], kind, 10, totals=local_totals(WEIGHTS, IN_LOSS))
    assert partial.tolist() == coefficients[:1].tolist()


@given(
    steps(),
    st.sampled_from(ALL_MASK_SETTINGS),
    st.builds(LossSettings, kind=st.sampled_from(KINDS), reject_above_cap=st.booleans()),
    st.lists(st.integers(0, 2), min_size=9, max_size=9),
)
def test_a_step_cut_into_ranks_or_micro_batches_has_the_same_sum(step, masks, settings, parts):
    share = shares(step, masks, AdvantageSettings())
    whole = gradient(step, share, settings)
    part_of = torch.tensor(parts[: len(step.ends)])
    cut = [gradient(step, share, settings, share.totals, only=part_of == part) for part in range(3)]
    torch.testing.assert_close(sum(part.by_token for part in cut), whole.by_token, rtol=1e-12, atol=0)
    assert sum(part.loss for part in cut) == pytest.approx(whole.loss, rel=1e-9, abs=1e-12)


@given(steps(), st.lists(st.integers(0, 2), min_size=9, max_size=9))
def test_totals_of_parts_add_up(step, parts):
    share = shares(step, ALL_MASK_SETTINGS[0], AdvantageSettings())
    part_of = torch.tensor(parts[: len(step.ends)])
    totals = [local_totals(share.weights[part_of == part], share.in_loss[part_of == part]) for part in range(3)]
    for name in ("tokens", "trajectories", "in_loss"):
        assert sum(getattr(part, name) for part in totals) == getattr(share.totals, name)
