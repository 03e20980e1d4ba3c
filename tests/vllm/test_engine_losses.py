"""An engine that crashes, hangs or outlives its owner: what was asked fails, and it is started again."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from engine_processes import newest_server, processes_below
from processes import wait_for_end
from safetensors.torch import load_file

from mifg_pipeline.errors import MifgError

SILENCE = 15
"""Seconds; a step takes far less, on a busy machine too."""

OWNER = """
import sys
from pathlib import Path
from mifg_pipeline.config import VllmSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.vllm.client import VllmEngine
from mifg_pipeline.engines.vllm.model import EngineModel

folder, python, log = map(Path, sys.argv[1:])
settings = VllmSettings(python=str(python), eager=True, cache_gigabytes=1)
model = EngineModel(folder, "float32", 2048, 4, 50_000)
engine = VllmEngine(model, ChatFormat.load(folder), settings, log)
print("up", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def changed_weights(checkpoint):
    weights = load_file(checkpoint / "model.safetensors")
    return {name: weight * 1.05 for name, weight in weights.items()}


@pytest.fixture(scope="module")
def recalling(start_engine, checkpoint, changed_weights):
    with closing(start_engine(checkpoint, changed_weights.items, silence_timeout=SILENCE, restarts=2)) as engine:
        yield engine


@pytest.fixture
def long_turn(make_request, make_view):
    return make_request(1, make_view("first"), "What is it?", max_tokens=1500)


@pytest.fixture
def short_turn(make_request, make_view):
    return make_request(2, make_view("first"), "What is it?", temperature=0.0)


def signal_server(number):
    """Reaches the engine's own process, not its keeper."""
    _, engine = newest_server()
    os.kill(engine, number)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_lost_engine_fails_what_it_was_asked_and_comes_back_with_its_weights(
    recalling, changed_weights, long_turn, short_turn, number
):
    recalling.sync(changed_weights.items())
    restarts = recalling.restarts
    recalling.submit(short_turn)
    (before,) = recalling.step()
    recalling.submit(long_turn)
    recalling.submit(short_turn)
    assert [turn.key for turn in recalling.step()] == [2], "the long turn is under way"
    lost = newest_server()
    signal_server(number)
    (failed,) = recalling.step()
    assert failed.key == 1
    assert failed.failure is not None
    for pid in lost:
        wait_for_end(pid)
    recalling.submit(short_turn)
    (after,) = recalling.step()
    assert after.token_ids == before.token_ids
    assert after.logprobs == pytest.approx(before.logprobs, abs=1e-5)
    assert recalling.restarts == restarts + 1


def test_an_engine_that_reads_nothing_any_more_is_lost(recalling, changed_weights, make_request, make_view, short_turn):
    recalling.sync(changed_weights.items())
    signal_server(signal.SIGSTOP)
    views = [make_view(f"large {number}", 8, 8) for number in range(4)]  # more than the socket holds
    recalling.submit(make_request(1, *views, "What is it?"))
    (failed,) = recalling.step()
    assert failed.failure == f"The engine took nothing for {SILENCE} s."
    recalling.submit(short_turn)
    (after,) = recalling.step()
    assert after.failure is None


def test_without_its_weights_an_engine_that_came_back_fails_requests_until_the_next_sync(
    start_engine, checkpoint, changed_weights, short_turn
):
    with closing(start_engine(checkpoint)) as engine:
        engine.sync(changed_weights.items())
        engine.submit(short_turn)
        (before,) = engine.step()
        signal_server(signal.SIGKILL)
        for _ in range(2):
            engine.submit(short_turn)
            (failed,) = engine.step()
            assert failed.failure is not None
        engine.sync(changed_weights.items())
        engine.submit(short_turn)
        (after,) = engine.step()
        assert after.token_ids == before.token_ids


def test_more_losses_than_allowed_stop_the_run(start_engine, checkpoint, long_turn):
    with closing(start_engine(checkpoint, restarts=0)) as engine:
        engine.submit(long_turn)
        signal_server(signal.SIGKILL)
        with pytest.raises(MifgError, match="The engine ended"):
            engine.step()


def test_an_engine_ends_when_its_owner_is_killed(checkpoint, start_engine, tmp_path):
    python = Path(__file__).parents[2] / ".venv-vllm" / "bin" / "python"
    command = [sys.executable, "-c", OWNER, checkpoint, python, tmp_path / "engine.log"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout.readline() == b"up\n"
        below = processes_below(owner.pid)
        assert len(below) >= 2, "the keeper and the engine"
        owner.kill()
    for pid in below:
        wait_for_end(pid, seconds=30)
