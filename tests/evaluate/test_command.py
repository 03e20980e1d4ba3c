"""`mifg eval` and `mifg compare` as people call them."""

import json
import signal
import sqlite3
import subprocess
import time

import pytest
from asked_model import write_vstar
from stub_process import MIFG, running_stub
from tiny_model import write_tiny_model


def mifg(*arguments):
    return subprocess.run([*MIFG, *map(str, arguments)], capture_output=True, text=True, timeout=300)


def stored_calls(out):
    """Finished calls that the ledger holds by now."""
    try:
        with sqlite3.connect(f"{(out / 'ledger.sqlite').as_uri()}?mode=ro", uri=True) as database:
            return database.execute("SELECT count(*) FROM call").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def figures(out):
    modes = json.loads((out / "evaluation.json").read_text("utf-8"))["modes"]
    for mode in modes.values():
        del mode["behaviour"]["seconds"]
    return modes


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_vstar(tmp_path_factory.mktemp("vstar"), 40)


@pytest.mark.slow
def test_an_evaluation_killed_again_and_again_resumes_without_asking_again_what_was_answered(data, tmp_path):
    ask = ("--data", data, "--benchmark", "vstar", "--lenient", "--set", "server.concurrency=4")
    with running_stub("--latency", 0.1) as stub:
        killed = tmp_path / "killed"
        command = [*MIFG, "eval", "--model", stub.url, "--out", str(killed), *map(str, ask)]
        for calls in (1, 12, 27):
            with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
                while stored_calls(killed) < calls:
                    assert process.poll() is None, "it ended before it could be killed"
                    time.sleep(0.01)
                process.send_signal(signal.SIGKILL)
        finished = stored_calls(killed)
        before = stub.requests
        assert mifg("eval", "--model", stub.url, "--out", killed, *ask).returncode == 0
        assert stub.requests - before == 40 - finished
        assert mifg("eval", "--model", stub.url, "--out", tmp_path / "whole", *ask).returncode == 0
    assert figures(killed) == figures(tmp_path / "whole")
    assert mifg("compare", killed, tmp_path / "whole").returncode == 0


@pytest.mark.slow
def test_a_checkpoint_is_evaluated_with_and_without_tools(data, tmp_path):
    write_tiny_model(tmp_path / "tiny", family="qwen3_vl")
    short = ("--set", "episode.max_turn_tokens=8", "--set", "episode.max_turns=2")
    out = tmp_path / "out"
    ask = ("--model", tmp_path / "tiny", "--data", data, "--benchmark", "vstar", "--tools", "both", "--limit", 4)
    first = mifg("eval", *ask, "--out", out, *short)
    assert first.returncode == 0, first.stderr
    assert {mode["accuracy"]["count"] for mode in figures(out).values()} == {4}
    again = mifg("eval", *ask, "--out", out, *short)
    assert "8 of 8 episodes are there already" in again.stderr


def test_samples_at_temperature_zero_are_refused(data, tmp_path):
    found = mifg("eval", "--model", "http://x/v1", "--data", data, "--out", tmp_path, "--samples", 2)
    assert found.returncode != 0
    assert "temperature" in found.stderr


def test_a_folder_that_is_not_there_is_told(data, tmp_path):
    found = mifg("eval", "--model", tmp_path / "no", "--data", data, "--benchmark", "vstar", "--out", tmp_path / "out")
    assert "There is no folder" in found.stderr


def test_the_limits_of_a_training_are_taken_over_and_may_be_overridden(data, tmp_path):
    settings = tmp_path / "settings.yaml"
    settings.write_text("steps: 3\nepisode: {max_turns: 2, max_turn_tokens: 9}\n", encoding="utf-8")
    out = tmp_path / "out"
    with running_stub() as stub:
        ask = ("--model", stub.url, "--data", data, "--benchmark", "vstar", "--limit", 1, "--out", out)
        found = mifg("eval", *ask, "--episode-of", settings, "--set", "episode.max_turns=1")
    assert found.returncode == 0, found.stderr
    episode = json.loads((out / "plan.json").read_text("utf-8"))["episode"]
    assert (episode["max_turns"], episode["max_turn_tokens"]) == (1, 9)


@pytest.mark.parametrize(
    ("content", "complaint"), [("episode: 3", "not a section"), ("- a", "not a mapping"), (None, "cannot be read")]
)
def test_a_file_without_limits_is_refused(data, tmp_path, content, complaint):
    settings = tmp_path / "settings.yaml"
    if content is not None:
        settings.write_text(content, encoding="utf-8")
    ask = ("--model", tmp_path, "--data", data, "--benchmark", "vstar", "--out", tmp_path / "out")
    found = mifg("eval", *ask, "--episode-of", settings)
    assert found.returncode != 0
    assert complaint in found.stderr
