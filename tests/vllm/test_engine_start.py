"""What an engine that cannot be used is refused for, and what the message names."""

import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from safetensors.torch import load_file
from tiny_model import write_tiny_model

from mifg_pipeline.config import VllmSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.vllm.client import VllmEngine
from mifg_pipeline.engines.vllm.connecting import KEY_VARIABLE
from mifg_pipeline.engines.vllm.model import EngineModel
from mifg_pipeline.errors import MifgError

PYTHON = Path(__file__).parents[2] / ".venv-vllm" / "bin" / "python"
MIFG = "from mifg_pipeline.cli import main; main()"


@pytest.fixture
def other_checkpoint(tmp_path):
    write_tiny_model(tmp_path / "other", layers=1)
    return tmp_path / "other"


@pytest.fixture(scope="module")
def address(checkpoint, tmp_path_factory):
    """An engine that `mifg engine` runs, for episodes of 512 tokens."""
    port = 20_000 + os.getpid() % 10_000
    flags = ["--max-tokens", "512", "--max-images", "2", "--max-pixels", "50000", "--dtype", "float32"]
    flags += ["--set", "eager=true", "--set", "cache_gigabytes=1"]
    command = [PYTHON, "-c", MIFG, "engine", checkpoint, "--listen", f"127.0.0.1:{port}", *flags]
    with (tmp_path_factory.mktemp("logs") / "engine.log").open("wb") as log, pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_VARIABLE, "secret")
        with subprocess.Popen(command, stdout=log, stderr=log) as server:
            yield f"127.0.0.1:{port}"
            server.terminate()


@pytest.fixture
def connect(address, checkpoint, tmp_path):
    def to(folder=checkpoint, max_tokens=512, recall=None):
        settings = VllmSettings(address=address, start_timeout=240)
        model = EngineModel(folder, "float32", max_tokens, 2, 50_000)
        return closing(VllmEngine(model, ChatFormat.load(folder), settings, tmp_path / "unused.log", recall))

    return to


def test_an_interpreter_that_is_none(start_engine, checkpoint):
    with pytest.raises(MifgError, match=r"no-such-python is not a program.*--set rollout\.vllm\.python"):
        start_engine(checkpoint, python="no-such-python")


def test_an_interpreter_without_vllm(start_engine, checkpoint):
    with pytest.raises(MifgError, match="lacks vLLM or mifg"):
        start_engine(checkpoint, python=sys.executable)


def test_an_argument_that_vllm_does_not_know_is_named_with_near_ones(start_engine, checkpoint):
    with pytest.raises(MifgError, match=r"takes no blok_size\. Did you mean block_size"):
        start_engine(checkpoint, arguments={"blok_size": 16})


def test_an_engine_that_does_not_come_up_is_reported_in_vllms_own_words(start_engine, checkpoint, tmp_path):
    folder = shutil.copytree(checkpoint, tmp_path / "damaged")
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(MifgError, match=r"The engine ended.*says:\n.*SafetensorError"):
        start_engine(folder)


def test_an_engine_that_is_not_ready_in_time(start_engine, checkpoint):
    with pytest.raises(MifgError, match=r"rollout\.vllm\.start_timeout"):
        start_engine(checkpoint, start_timeout=0.01)


def test_nobody_at_the_address(checkpoint, tmp_path, monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, "secret")
    settings = VllmSettings(address="127.0.0.1:9", start_timeout=0.2)
    with pytest.raises(MifgError, match=r"No engine answers at 127\.0\.0\.1:9"):
        VllmEngine(
            EngineModel(checkpoint, "float32", 512, 2, 50_000), ChatFormat.load(checkpoint), settings, tmp_path / "log"
        )


def test_an_address_needs_a_key(checkpoint, connect, monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE)
    with pytest.raises(MifgError, match=KEY_VARIABLE):
        connect()


def test_another_key_is_refused_and_does_not_end_the_engine(connect, make_request, monkeypatch):
    with monkeypatch.context() as other:
        other.setenv(KEY_VARIABLE, "another")
        with pytest.raises(MifgError, match="another key"):
            connect()
    with connect() as engine:
        engine.submit(make_request(1, "How many?"))
        assert [turn.failure for turn in engine.step()] == [None]


def test_another_model_at_the_address_is_refused(connect, other_checkpoint):
    with pytest.raises(MifgError, match="does not serve"):
        connect(other_checkpoint)


def test_an_engine_of_shorter_episodes_is_refused(connect):
    with pytest.raises(MifgError, match=r"takes max_tokens 512, and episodes need 513.*--max-tokens 513"):
        connect(max_tokens=513)


def test_weights_of_another_run_are_not_sampled_with(connect, checkpoint, make_request):
    weights = load_file(checkpoint / "model.safetensors")
    with connect() as engine:
        engine.sync(weights.items())
    with connect() as engine:
        engine.submit(make_request(1, "How many?"))
        (failed,) = engine.step()
        assert failed.failure is not None
        engine.sync(weights.items())
        engine.submit(make_request(1, "How many?"))
        assert [turn.failure for turn in engine.step()] == [None]


def test_a_weight_that_the_model_lacks_is_named(connect, checkpoint):
    weights = load_file(checkpoint / "model.safetensors")
    with connect() as engine, pytest.raises(MifgError, match="no_such_layer"):
        engine.sync([*weights.items(), ("model.no_such_layer.weight", next(iter(weights.values())))])
