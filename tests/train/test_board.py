"""Metrics for TensorBoard, read back as TensorBoard reads them."""

import subprocess
import sys

import pytest

from mifg_pipeline.train.board import Board

accumulation = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

WITHOUT_TENSORBOARD = """
import sys
from pathlib import Path
sys.modules["tensorboard"] = None  # as if it were not installed
from mifg_pipeline.errors import MifgError
from mifg_pipeline.train.board import Board
try:
    Board(Path(sys.argv[1]), 0)
except MifgError as error:
    print(error)
"""


def row(step, reward=0.5):
    time = {"own": 0.25}
    return {"step": step, "reward": reward, "tokens.trained": 7.0, "valid_calls": None, "drawn": 4, "time": time}


def scalars(folder):
    read = accumulation.EventAccumulator(str(folder))
    read.Reload()
    return {name: [(point.step, point.value) for point in read.Scalars(name)] for name in read.Tags()["scalars"]}


def test_every_number_is_written_under_its_name(tmp_path):
    board = Board(tmp_path, 0)
    board.write(row(1))
    board.close()
    assert scalars(tmp_path) == {
        "reward": [(1, 0.5)],
        "tokens/trained": [(1, 7.0)],
        "drawn": [(1, 4.0)],
        "time/own": [(1, 0.25)],
    }


def test_a_row_can_be_seen_while_the_run_goes_on(tmp_path):
    board = Board(tmp_path, 0)
    board.write(row(1))
    assert scalars(tmp_path)["reward"] == [(1, 0.5)]
    board.close()


def test_a_resumed_run_hides_the_steps_that_it_does_again(tmp_path):
    board = Board(tmp_path, 0)
    for step in (1, 2, 3):
        board.write(row(step, reward=0.25))
    board.close()
    resumed = Board(tmp_path, 1)
    resumed.write(row(2, reward=0.75))
    resumed.close()
    assert scalars(tmp_path)["reward"] == [(1, 0.25), (2, 0.75)]


def test_without_tensorboard_the_error_says_what_to_do(tmp_path):
    done = subprocess.run([sys.executable, "-c", WITHOUT_TENSORBOARD, tmp_path], capture_output=True, text=True)
    assert "pip install tensorboard" in done.stdout, done.stderr
