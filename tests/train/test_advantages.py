"""What a group's rewards say of its trajectories."""

import statistics

import pytest
import torch
from drawn_steps import steps
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.config.train import AdvantageSettings, MaskSettings
from mifg_pipeline.train.advantages import group_advantages
from mifg_pipeline.train.masks import trajectory_masks

SCALES = ("group", "batch", "none")
GATES = ("accuracy", "reward", "none")


def advantages(rewards, group=None, baseline=None, **settings):
    values = torch.tensor(rewards, dtype=torch.float64)
    return group_advantages(
        values,
        values >= 1,
        torch.tensor(group or [0] * len(rewards)),
        torch.tensor(baseline or [True] * len(rewards)),
        AdvantageSettings(**settings),
    )


def test_the_distance_to_the_mean_is_measured_in_standard_deviations():
    made = advantages([0.0, 1.0, 1.0, 1.2])
    mean, std = statistics.mean([0, 1, 1, 1.2]), statistics.stdev([0, 1, 1, 1.2])
    assert made.values.tolist() == pytest.approx([(r - mean) / (std + 1e-4) for r in (0, 1, 1, 1.2)])


def test_the_scale_of_a_batch_is_that_of_all_groups_baselines():
    rewards, group = [0.0, 1.0, 1.2, 1.2, 0.0], [0, 0, 1, 1, 1]
    made = advantages(rewards, group, baseline=[True, True, True, True, False], scale="batch", gate="reward")
    std = statistics.stdev([0, 1, 1.2, 1.2])
    assert made.values.tolist() == pytest.approx([-0.5 / (std + 1e-4), 0.5 / (std + 1e-4), 0, 0, 0])


def test_without_scale_the_distance_itself_counts():
    assert advantages([0.0, 1.0], scale="none").values.tolist() == [-0.5, 0.5]


def test_groups_do_not_see_one_another():
    apart = advantages([0.0, 1.0, 0.0, 1.0, 1.0], [7, 7, 3, 3, 3]).values.tolist()
    assert apart == [*advantages([0.0, 1.0]).values.tolist(), *advantages([0.0, 1.0, 1.0]).values.tolist()]


def test_the_order_of_trajectories_does_not_matter():
    mixed = advantages([0.0, 0.0, 1.0, 1.2], [0, 1, 0, 1]).values
    assert mixed[[0, 2]].tolist() == advantages([0.0, 1.0]).values.tolist()


def test_a_trajectory_outside_the_baseline_moves_no_other():
    made = advantages([0.0, 1.0, 0.0], baseline=[True, True, False]).values
    assert made[:2].tolist() == advantages([0.0, 1.0]).values.tolist()
    assert made[2] == made[0]


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("baseline", [[True, False, False], [False, False, False]])
def test_a_baseline_of_less_than_two_gives_no_signal(gate, baseline):
    made = advantages([1.0, 0.0, 0.0], baseline=baseline, gate=gate)
    assert not made.has_signal.any()
    assert not made.values.any()


@pytest.mark.parametrize(("gate", "has_signal"), [("accuracy", False), ("reward", True), ("none", True)])
def test_the_gain_alone_gives_no_signal_under_the_gate_on_accuracy(gate, has_signal):
    made = advantages([1.0, 1.2, 1.2], gate=gate)
    assert made.has_signal.tolist() == [has_signal] * 3
    assert bool(made.values.any()) == has_signal


@pytest.mark.parametrize("gate", GATES)
def test_a_group_of_equal_rewards_has_no_signal(gate):
    assert not advantages([1.0, 1.0, 1.0], gate=gate).has_signal.any()


def test_the_gate_looks_at_the_baseline_alone():
    assert not advantages([1.0, 1.0, 0.0], baseline=[True, True, False]).has_signal.any()


def test_a_limit_kept_in_the_baseline_gives_an_all_right_group_signal():
    assert advantages([1.0, 1.0, 0.0]).has_signal.all()


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("reward", [0.0, 0.1, 1.2])
def test_equal_rewards_have_advantages_of_exactly_zero(scale, reward):
    assert not advantages([reward] * 7, scale=scale, gate="none").values.any()


@pytest.mark.parametrize(
    ("rewards", "group", "count"),
    [
        ([0.0, 1.0, 1.0], None, 0),
        ([0.0, 1.0, 1.2], None, 1),
        ([1.0, 1.2], None, 0),  # gated: the gain has no effect
        ([0.0, 1.0, 1.2, 0.0, 1.2, 1.0], [0, 0, 0, 1, 1, 1], 2),
    ],
)
def test_groups_that_the_gain_alone_orders_are_counted(rewards, group, count):
    assert advantages(rewards, group).ordered_by_gain_alone == count


def test_advantages_are_of_the_rewards_type():
    rewards = torch.tensor([0.0, 1.0], dtype=torch.float32)
    made = group_advantages(rewards, rewards > 0, torch.zeros(2), torch.tensor([True, True]), AdvantageSettings())
    assert made.values.dtype == torch.float32


@given(steps(), st.sampled_from(SCALES), st.sampled_from(GATES))
def test_advantages_of_a_baseline_add_up_to_nothing(step, scale, gate):
    _, in_baseline = trajectory_masks(step.ends, MaskSettings())
    made = group_advantages(
        step.rewards, step.right, step.group, in_baseline, AdvantageSettings(scale=scale, gate=gate)
    )
    assert not made.values[~made.has_signal].any()
    for number in step.group.unique():
        peers = (step.group == number) & in_baseline
        assert float(made.values[peers].sum()) == pytest.approx(0, abs=1e-9)


@given(steps(), st.sampled_from(SCALES))
def test_a_higher_reward_never_has_a_lower_advantage_within_its_group(step, scale):
    everyone = torch.ones(len(step.ends), dtype=torch.bool)
    made = group_advantages(step.rewards, step.right, step.group, everyone, AdvantageSettings(scale=scale))
    for number in step.group.unique():
        members = step.group == number
        ordered = made.values[members][step.rewards[members].argsort()]
        assert (ordered.diff() >= 0).all()
