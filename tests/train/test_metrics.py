"""Rows of metrics: on the disk when written, and cut to the end of a step when a run is resumed."""

import json
import math

import pytest

from mifg_pipeline.errors import MifgError
from mifg_pipeline.train.metrics import MetricsLog


@pytest.fixture
def log(tmp_path):
    log = MetricsLog(tmp_path / "metrics.jsonl")
    for step in (1, 2, 3):
        log.append({"step": step, "reward": step / 3, "time": {"own": 0.1}})
    return log


def test_rows_read_back_bit_for_bit(log):
    assert log.rows_until(3)[1] == {"step": 2, "reward": 2 / 3, "time": {"own": 0.1}}


def test_a_number_that_is_not_finite_is_null(log):
    log.append({"step": 4, "reward": math.nan, "time": {"own": math.inf}})
    assert log.rows_until(4)[-1] == {"step": 4, "reward": None, "time": {"own": None}}


def test_a_cut_keeps_the_bytes_of_earlier_rows(log):
    before = log.path.read_bytes().splitlines(keepends=True)
    log.cut(2)
    assert log.path.read_bytes() == b"".join(before[:2])


def test_a_cut_drops_a_line_without_its_end(log):
    whole = log.path.read_bytes()
    log.path.write_bytes(whole + b'{"step": 4, "rew')
    log.cut(4)
    assert log.path.read_bytes() == whole


def test_a_cut_before_the_first_checkpoint_leaves_nothing(log):
    log.cut(0)
    assert log.path.read_text() == ""


def test_a_cut_of_a_run_without_metrics_is_nothing(tmp_path):
    MetricsLog(tmp_path / "metrics.jsonl").cut(0)
    assert list(tmp_path.iterdir()) == []


def test_a_row_that_is_missing_is_said(log):
    lines = log.path.read_text().splitlines(keepends=True)
    log.path.write_text(lines[0] + lines[2])
    with pytest.raises(MifgError, match="steps 1 to 3"):
        log.rows_until(3)


def test_a_damaged_line_is_said(log):
    log.path.write_text("{broken\n" + log.path.read_text())
    with pytest.raises(MifgError, match="damaged"):
        log.cut(3)


def test_every_line_is_json_for_any_reader(log):
    log.append({"step": 4, "reward": -math.inf, "time": {}})
    for line in log.path.read_text().splitlines():
        json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
