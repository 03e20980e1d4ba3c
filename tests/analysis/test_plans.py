"""Plans: which trajectories each of them trains, and which it compares with."""

from dataclasses import fields

import pytest
import torch
from scripted_run import PLAYS

from mifg_pipeline.analysis.counterfactual import stored_step
from mifg_pipeline.analysis.plans import OWN, PLANS, has_void_turn, is_truncated, plans, under
from mifg_pipeline.config.train import MaskSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.train.step_batch import StepBatch

ANSWERED = range(6)
WITH_INVALID, OVER_TURN, CUT, NO_ANSWER = 5, 6, 7, 8
"""Places in ``scripted_run.PLAYS``."""


@pytest.fixture(name="chat_format")
def _chat_format(checkpoint):
    return ChatFormat.load(checkpoint)


@pytest.fixture(name="trajectories")
def _trajectories(source):
    return [line.trajectory for line in source.lines[: len(PLAYS)]]


@pytest.fixture(name="planned")
def _planned(trajectories, chat_format):
    found = plans(trajectories, chat_format.end_of_turn_id, MaskSettings(trajectory=True, baseline="finished"))
    return {plan.name: plan for plan in found}


def outside(mask):
    return set((~mask).nonzero().flatten().tolist())


def test_the_plays_end_as_their_names_say(trajectories):
    ends = [trajectory.end for trajectory in trajectories]
    assert ends[:6] == [EndReason.ANSWERED] * 6
    assert ends[6:] == [EndReason.OVER_TURN, EndReason.TURN_TRUNCATED, EndReason.NO_ANSWER]


@pytest.mark.parametrize(
    ("name", "left_out", "not_compared"),
    [
        (OWN, {OVER_TURN, CUT}, {OVER_TURN, CUT}),
        ("over-turn masking, full baseline", {OVER_TURN, CUT}, set()),
        ("void-turn filtering", {WITH_INVALID, CUT, NO_ANSWER}, set()),
        ("truncation by last token", {CUT}, set()),
        ("observations only", set(), set()),
    ],
)
def test_each_plan_leaves_out_what_it_says(planned, name, left_out, not_compared):
    assert outside(planned[name].in_loss) == left_out
    assert outside(planned[name].in_baseline) == not_compared


def test_there_are_as_many_plans_as_the_progress_counts(planned):
    assert len(planned) == PLANS


def test_faults_are_in_no_plan(trajectories, chat_format):
    broken = trajectories[0].model_copy(update={"end": EndReason.INFRA_ERROR})
    for plan in plans([broken, trajectories[1]], chat_format.end_of_turn_id, MaskSettings()):
        assert (plan.in_loss.tolist(), plan.in_baseline.tolist()) == ([False, True], [False, True])


def test_running_out_of_turns_is_no_truncation(trajectories, chat_format):
    assert not is_truncated(trajectories[OVER_TURN], chat_format.end_of_turn_id)
    assert is_truncated(trajectories[CUT], chat_format.end_of_turn_id)


def test_a_void_turn_neither_calls_nor_answers(trajectories):
    assert [index for index, one in enumerate(trajectories) if has_void_turn(one)] == [WITH_INVALID, CUT, NO_ANSWER]


def test_the_plan_of_the_run_is_what_the_trainer_does(source, chat_format):
    batch = stored_step(source, chat_format)
    trajectories = [line.trajectory for line in source.lines]
    own, *_ = plans(trajectories, chat_format.end_of_turn_id, source.settings.mask)
    again = under(own, batch, source.settings)
    for field in fields(StepBatch):
        ours, theirs = getattr(again, field.name), getattr(batch, field.name)
        assert torch.equal(ours, theirs) if isinstance(ours, torch.Tensor) else ours == theirs, field.name


def test_what_a_limit_ended_raises_right_answers_where_it_is_in_the_baseline(source, chat_format):
    batch = stored_step(source, chat_format)
    finished = MaskSettings(baseline="finished")
    own, full, *_ = plans([line.trajectory for line in source.lines], chat_format.end_of_turn_id, finished)
    ours, theirs = (under(plan, batch, source.settings).advantages for plan in (own, full))
    right = torch.tensor([verdict.rewarded.is_right for verdict in batch.verdicts])
    assert (theirs[right] > ours[right]).all()
