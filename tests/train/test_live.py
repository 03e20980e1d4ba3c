"""What a terminal shows of a training run."""

import io
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from mifg_pipeline.train.alarms import Alarm
from mifg_pipeline.train.live import LiveView, history_bars

ROW = {
    "step": 3,
    "reward": 0.4123,
    "accuracy": 0.375,
    "calls_per_trajectory": 1.25,
    "valid_calls": None,
    "masked": 0.12,
    "entropy": 0.8123,
    "tokens": 411.6,
    "ends.answered": 6,
    "ends.over_turn": 2,
    "ends.no_answer": 0,
    "time": {"episodes": 6.0, "backward": 3.0, "own": 1.0},
}
ALARM = Alarm("min_calls", "0.01 tool calls per trajectory")


def shown(*rows, width=80, terminal=False, alarms=()):
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal)
    with LiveView(console, steps=20) as view:
        for row in rows:
            view.count(row, alarms)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", console.file.getvalue())


def test_a_line_a_step_where_there_is_no_terminal():
    assert shown(ROW) == (
        "step 3/20  reward 0.412  accuracy 0.375  tool calls 1.25  masked 12%  entropy 0.812  tokens 412  "
        "10.0 s (episodes 60%, backward 30%, own 10%)\n"
    )


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_fits_the_terminal(width):
    table = shown(*({**ROW, "step": step} for step in range(1, 100)), width=width, terminal=True)
    assert max(map(len, table.splitlines())) <= width
    assert "answered 75%, over turn 25%" in table


def test_a_figure_that_is_missing_is_a_dash():
    (line,) = {line for line in shown(ROW, terminal=True).splitlines() if line.startswith("valid calls")}
    assert line.split() == ["valid", "calls", "-", "-"]


def test_the_time_left_is_that_of_the_steps_to_come():
    assert "10.0 s a step   3 min left" in shown(ROW, terminal=True)


def test_an_alarm_is_printed_when_it_begins_and_not_while_it_lasts():
    assert shown(ROW, {**ROW, "step": 4}, alarms=[ALARM]).count("Alarm min_calls after step 3") == 1


def test_an_alarm_that_comes_back_is_printed_again():
    console = Console(file=io.StringIO(), width=200)
    view = LiveView(console, steps=20)
    for alarms in ([ALARM], [], [ALARM]):
        view.count(ROW, alarms)
    assert console.file.getvalue().count("Alarm min_calls") == 2


def test_rows_of_an_earlier_start_are_part_of_the_history():
    console = Console(file=io.StringIO(), width=80, force_terminal=True)
    with LiveView(console, 20, [{**ROW, "step": 1}, {**ROW, "step": 2}]):
        pass
    assert "step 2 of 20" in console.file.getvalue()


def test_progress_within_a_step_is_shown():
    console = Console(file=io.StringIO(), width=80)
    view = LiveView(console, 20)
    view.begin(1, trajectories=8)
    view.advance()
    console.print(view)
    assert "1 of 8" in console.file.getvalue()


def test_telling_of_a_trajectory_costs_next_to_nothing():
    view = LiveView(Console(file=io.StringIO(), force_terminal=True), 20)
    view.begin(1, trajectories=10_000)
    started = time.process_time()
    for _ in range(10_000):
        view.advance()
    assert time.process_time() - started < 0.2


@given(st.lists(st.floats(0, 10), max_size=200), st.integers(1, 60))
def test_the_history_has_a_bar_for_each_value_as_far_as_there_is_room(values, width):
    assert len(history_bars(values, width)) == min(len(values), width)


def test_the_history_begins_at_zero():
    assert history_bars([0.5, 1.0, 0.0], 10) == "▅█▁"
    assert history_bars([0.0, 0.0], 10) == "▁▁"
