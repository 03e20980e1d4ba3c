"""Alarms: raised by the mean of the last steps, and by nothing else."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.config.train import AlarmSettings
from mifg_pipeline.train.alarms import raised_alarms

SOUND = {
    "calls_per_trajectory": 1.2,
    "valid_calls": 0.9,
    "right_with_tool": 0.6,
    "right_without_tool": 0.4,
    "masked": 0.1,
    "entropy": 0.7,
}
UNSOUND = {
    "min_calls": {"calls_per_trajectory": 0.01},
    "max_calls": {"calls_per_trajectory": 4.2},
    "min_valid_calls": {"valid_calls": 0.3},
    "min_tool_benefit": {"right_with_tool": 0.1, "right_without_tool": 0.5},
    "max_masked": {"masked": 0.9},
    "min_entropy": {"entropy": 0.001},
}


def names(rows, **settings):
    return [alarm.name for alarm in raised_alarms(rows, AlarmSettings(**settings))]


def test_a_sound_run_raises_none():
    assert names([SOUND] * 20) == []


@pytest.mark.parametrize("name", UNSOUND)
def test_each_alarm_is_raised_by_its_figure_alone(name):
    assert names([SOUND | UNSOUND[name]] * 10) == [name]


@pytest.mark.parametrize("name", UNSOUND)
def test_an_alarm_without_threshold_is_off(name):
    assert names([SOUND | UNSOUND[name]] * 10, **{name: None}) == []


def test_the_message_says_figure_and_threshold():
    (alarm,) = raised_alarms([SOUND | UNSOUND["max_masked"]] * 10, AlarmSettings())
    assert "0.9 " in alarm.message
    assert "alarms.max_masked = 0.8" in alarm.message


def test_one_odd_step_raises_none():
    assert names([SOUND] * 9 + [SOUND | UNSOUND["min_calls"]]) == []


def test_a_run_shorter_than_the_window_raises_none():
    bad = [SOUND | UNSOUND["min_calls"]]
    assert names(bad * 9) == []
    assert names(bad * 9, window=9) == ["min_calls"]


def test_steps_before_the_window_do_not_count():
    bad = [SOUND | UNSOUND["min_calls"]]
    assert names(bad * 50 + [SOUND] * 10) == []


@pytest.mark.parametrize("nothing", [None, math.nan])
def test_a_step_without_a_figure_does_not_count_in_its_mean(nothing):
    rows = [SOUND | {"valid_calls": nothing}] * 9 + [SOUND | {"valid_calls": 0.3}]
    assert names(rows) == ["min_valid_calls"]


def test_a_figure_that_no_step_has_raises_none():
    assert names([SOUND | {"valid_calls": None, "right_with_tool": None}] * 10) == []


def test_tool_benefit_compares_within_steps():
    """A hard step without a trajectory that used no tool says nothing against tools."""
    hard = SOUND | {"right_with_tool": 0.0, "right_without_tool": None}
    assert names([hard] * 9 + [SOUND]) == []


@given(st.lists(st.floats(0, 2), min_size=10, max_size=10), st.floats(0, 2))
def test_an_alarm_is_raised_exactly_where_the_mean_is_below_the_threshold(figures, threshold):
    rows = [SOUND | {"entropy": figure} for figure in figures]
    assert (names(rows, min_entropy=threshold) == ["min_entropy"]) == (math.fsum(figures) / 10 < threshold)
