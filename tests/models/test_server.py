"""The model server of a run. In place of vLLM stands a package of that name that runs our stub server."""

import asyncio
import os
import signal
import subprocess
import sys
import urllib.request

import pytest
from processes import wait_for_end

from mifg_pipeline.config import ServeSettings, load_settings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.models import server
from mifg_pipeline.models.server import check_interpreter, served
from mifg_pipeline.stub.serving import serving
from mifg_pipeline.stub.settings import StubSettings

STAND_IN = """
import argparse, asyncio, os, pathlib, signal, sys
from mifg_pipeline.stub.serving import serve_until_stopped
from mifg_pipeline.stub.settings import StubSettings

parser = argparse.ArgumentParser()
parser.add_argument("--served-model-name", nargs="+")
parser.add_argument("--port", type=int)
options, _ = parser.parse_known_args()
pathlib.Path(os.environ["STAND_IN_PID"]).write_text(str(os.getpid()))
print("arguments:", *sys.argv[1:], flush=True)
if os.environ.get("STAND_IN_FAULT") == "dies":
    sys.exit("ValueError: this is no model")
if os.environ.get("STAND_IN_FAULT") == "hangs":
    signal.pause()
asyncio.run(serve_until_stopped(StubSettings(port=options.port, models=options.served_model_name), None, print))
"""

OWNER = """
import asyncio, signal, sys
from pathlib import Path
from mifg_pipeline.config import load_settings
from mifg_pipeline.models.server import served

async def own():
    async with served(load_settings("items: 1", [], **{"serve.model": "some/model"}), Path(sys.argv[1])):
        print("up", flush=True)
        await asyncio.Event().wait()

# A test run in the background hands on that these are ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
asyncio.run(own())
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """A package named vllm on the path of child processes; its server leaves its process id in the file returned."""
    package = tmp_path / "stand-in" / "vllm" / "entrypoints" / "openai"
    package.mkdir(parents=True)
    (package / "api_server.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "stand-in"))
    monkeypatch.setenv("STAND_IN_PID", str(tmp_path / "pid"))
    return tmp_path / "pid"


@pytest.fixture
def log(tmp_path):
    return tmp_path / "logs" / "server.log"


def settings_to_serve(*overrides):
    return load_settings("items: 1", [*overrides], **{"serve.model": "some/model"})


def assert_ended(pid_file):
    wait_for_end(int(pid_file.read_text()))


async def inside(settings, log, block):
    async with served(settings, log) as reached:
        await block(reached)


async def nothing(_):
    pass


def test_the_settings_name_the_server_that_runs(stand_in, log):
    async def listed(reached):
        base_url = reached.models["served"].server.base_url
        with await asyncio.to_thread(urllib.request.urlopen, f"{base_url}/models") as response:
            assert b'"some/model"' in response.read()

    asyncio.run(inside(settings_to_serve(), log, listed))


def test_models_of_other_servers_keep_their_address(stand_in, log):
    async def keeps(reached):
        assert reached.models["other"].server.base_url == "http://localhost:1/v1"
        assert reached.models["own"].server.base_url != "serve"

    models = "models={own: {model: own, server: {base_url: serve}}, other: {model: other, server: {base_url: 'http://localhost:1/v1'}}}"
    asyncio.run(inside(settings_to_serve(models), log, keeps))


def test_without_a_model_to_serve_nothing_is_started(log):
    settings = load_settings("items: 1", [])

    async def unchanged(reached):
        assert reached is settings

    asyncio.run(inside(settings, log, unchanged))
    assert not log.exists()


def test_the_server_loads_the_model_with_the_arguments_given(stand_in, log):
    asyncio.run(inside(settings_to_serve("serve.arguments=[--max-model-len, 4096]"), log, nothing))
    assert "arguments: --max-model-len 4096 --model some/model --served-model-name some/model" in log.read_text()


def test_the_server_ends_with_the_block(stand_in, log):
    asyncio.run(inside(settings_to_serve(), log, nothing))
    assert_ended(stand_in)


def test_an_exception_ends_the_server_and_passes(stand_in, log):
    async def fails(_):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        asyncio.run(inside(settings_to_serve(), log, fails))
    assert_ended(stand_in)


def test_cancellation_ends_the_server_and_stays_one(stand_in, log):
    async def cancels(_):
        asyncio.current_task().cancel()
        await asyncio.Event().wait()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(inside(settings_to_serve(), log, cancels))
    assert_ended(stand_in)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_server_ends_with_the_process(stand_in, log, number):
    with subprocess.Popen([sys.executable, "-c", OWNER, log], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as owner:
        assert owner.stdout.readline() == b"up\n"
        owner.send_signal(number)
        owner.communicate(timeout=15)
    assert_ended(stand_in)


def test_a_server_that_dies_at_the_start_is_reported_with_its_last_words(stand_in, log, monkeypatch):
    monkeypatch.setenv("STAND_IN_FAULT", "dies")
    with pytest.raises(MifgError, match=r"status 1.*\nValueError: this is no model\n"):
        asyncio.run(inside(settings_to_serve(), log, nothing))


def test_a_server_that_dies_later_ends_the_block(stand_in, log):
    async def outlives(_):
        os.kill(int(stand_in.read_text()), signal.SIGKILL)
        await asyncio.Event().wait()

    with pytest.raises(MifgError, match="ended with status 137"):
        asyncio.run(inside(settings_to_serve(), log, outlives))


def test_a_server_that_is_not_ready_in_time_is_ended(stand_in, log, monkeypatch):
    monkeypatch.setenv("STAND_IN_FAULT", "hangs")
    with pytest.raises(MifgError, match=r"not ready after 2 s.*serve.start_timeout"):
        asyncio.run(inside(settings_to_serve("serve.start_timeout=2"), log, nothing))
    assert_ended(stand_in)


def test_another_server_on_the_port_is_not_taken_for_ours(stand_in, log, monkeypatch):
    async def meets_another():
        async with serving(StubSettings(models=("another",))) as url:
            monkeypatch.setattr(server, "_free_port", lambda: int(url.split(":")[2].split("/")[0]))
            await inside(settings_to_serve(), log, nothing)

    with pytest.raises(MifgError, match="Cannot listen on"):
        asyncio.run(meets_another())


def test_a_log_that_cannot_be_written_is_named(stand_in, log):
    log.parent.write_text("a file where the folder should be")
    with pytest.raises(MifgError, match=r"Cannot write .*server.log"):
        asyncio.run(inside(settings_to_serve(), log, nothing))


def test_an_interpreter_with_vllm_will_do(stand_in):
    check_interpreter(ServeSettings())


def test_an_interpreter_without_vllm_is_named_with_the_remedy():
    with pytest.raises(MifgError, match=r"has no vLLM.*serve.python"):
        check_interpreter(ServeSettings())


def test_an_interpreter_that_does_not_exist_is_named_with_the_remedy():
    with pytest.raises(MifgError, match=r"no/such/python is not a program.*serve.python"):
        check_interpreter(ServeSettings(python="no/such/python"))
