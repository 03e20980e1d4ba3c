"""Which trajectories and tokens are trained: the tables of docs/training_loss.md, case by case."""

import pytest
import torch
from drawn_steps import ALL_MASK_SETTINGS, gradient, shares, steps
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.config.train import AdvantageSettings, LossSettings, MaskSettings
from mifg_pipeline.engines.ledger import TokenKind
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.train.masks import token_weights, trajectory_masks

LIMITS = (EndReason.OVER_TURN, EndReason.OVER_LENGTH, EndReason.OVER_IMAGES, EndReason.TURN_TRUNCATED)
INTERRUPTED = (EndReason.INFRA_ERROR, EndReason.IMAGE_TOKEN_MISMATCH, EndReason.ABANDONED)
SAMPLED = TokenKind.SAMPLED

mask_settings = st.sampled_from(ALL_MASK_SETTINGS)
advantage_settings = st.builds(
    AdvantageSettings, scale=st.sampled_from(["group", "batch", "none"]), gate=st.sampled_from(["accuracy", "none"])
)
loss_settings = st.builds(
    LossSettings, kind=st.sampled_from(["dapo", "grpo", "dr_grpo"]), reject_above_cap=st.booleans()
)


def stands(end, **settings):
    in_loss, in_baseline = trajectory_masks([end], MaskSettings(**settings))
    return bool(in_loss), bool(in_baseline)


def weights(kinds, valid, advantage, in_loss=True, **settings):
    return token_weights(
        torch.tensor([kinds]),
        torch.tensor([valid]),
        torch.tensor([in_loss]),
        torch.tensor([advantage]),
        MaskSettings(**settings),
    ).tolist()[0]


def test_every_end_reason_is_judged():
    assert {EndReason.ANSWERED, EndReason.NO_ANSWER, *LIMITS, *INTERRUPTED} == set(EndReason)


def test_an_answer_is_in_the_loss_and_in_the_baseline():
    assert stands(EndReason.ANSWERED) == (True, True)


@pytest.mark.parametrize(("setting", "expected"), [("zero", (True, True)), ("mask", (False, False))])
def test_no_answer_is_in_both_or_in_neither(setting, expected):
    assert stands(EndReason.NO_ANSWER, no_answer=setting) == expected


@pytest.mark.parametrize("end", LIMITS)
@pytest.mark.parametrize("trajectory", [True, False])
@pytest.mark.parametrize("baseline", ["finished", "all"])
def test_a_limit_is_out_of_loss_and_baseline_unless_the_settings_keep_it(end, trajectory, baseline):
    assert stands(end, trajectory=trajectory, baseline=baseline) == (not trajectory, baseline == "all")


@pytest.mark.parametrize("end", INTERRUPTED)
@pytest.mark.parametrize("settings", ALL_MASK_SETTINGS, ids=str)
def test_what_was_interrupted_never_counts(end, settings):
    in_loss, in_baseline = trajectory_masks([end], settings)
    assert (bool(in_loss), bool(in_baseline)) == (False, False)


def test_a_step_without_trajectories_has_empty_masks():
    in_loss, in_baseline = trajectory_masks([], MaskSettings())
    assert in_loss.shape == in_baseline.shape == (0,)


def test_only_sampled_tokens_have_weight():
    kinds = [*TokenKind, -1]
    assert weights(kinds, [True] * 5, 1.0) == [float(kind == SAMPLED) for kind in kinds]


def test_observations_have_weight_in_the_trial_without_their_mask():
    kinds = [TokenKind.PROMPT, TokenKind.OBSERVATION, TokenKind.TEMPLATE, SAMPLED, -1]
    assert weights(kinds, [True] * 5, 1.0, observations=False) == [0, 1, 0, 1, 0]


@pytest.mark.parametrize(
    ("action", "advantage", "weight"),
    [
        *(("both", advantage, 0) for advantage in (-1.0, 0.0, 1.0)),
        ("positive_only", -1.0, 1),
        ("positive_only", 0.0, 1),
        ("positive_only", 1.0, 0),
        *(("off", advantage, 1) for advantage in (-1.0, 0.0, 1.0)),
    ],
)
def test_an_invalid_action_is_masked_as_the_settings_say(action, advantage, weight):
    assert weights([SAMPLED, SAMPLED], [False, True], advantage, action=action) == [weight, 1]


def test_a_trajectory_out_of_the_loss_has_no_weight():
    assert weights([SAMPLED], [True], 1.0, in_loss=False, action="off") == [0]


@given(steps(), advantage_settings, loss_settings, st.sampled_from(["both", "positive_only", "off"]))
def test_a_trajectory_out_of_loss_and_baseline_gives_the_gradient_of_its_absence(step, advantage, loss, action):
    masks = MaskSettings(action=action, trajectory=True, baseline="finished")
    share = shares(step, masks, advantage)
    present = gradient(step, share, loss)
    without = step.only(share.in_loss)
    absent = gradient(without, shares(without, masks, advantage), loss)
    torch.testing.assert_close(present.by_token[share.in_loss], absent.by_token, rtol=1e-12, atol=0)
    assert not present.by_token[~share.in_loss].any()


@given(steps(), mask_settings, advantage_settings, loss_settings)
def test_masked_tokens_have_exactly_no_gradient(step, masks, advantage, loss):
    share = shares(step, masks, advantage)
    assert not gradient(step, share, loss).by_token[share.weights == 0].any()
