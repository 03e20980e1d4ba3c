"""A vLLM server as a child process: started, waited for, used, and ended whatever happens to the run."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from mifg_pipeline.config import SERVE, GenerateSettings, ServeSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.processes import keeper
from mifg_pipeline.processes.last_words import last_words
from mifg_pipeline.store.files import unwritable

HOST = "127.0.0.1"
POLL_SECONDS = 0.25


def check_interpreter(serve: ServeSettings) -> None:
    """Makes sure that there is an interpreter that has vLLM.

    Raises:
        MifgError: If there is not.
    """
    python = _python(serve)
    if shutil.which(python) is None:
        raise MifgError(
            f"serve.python: {python} is not a program that can be run.",
            "Name the Python interpreter of an environment with vLLM: --set serve.python=PATH.",
        )
    search = "import importlib.util, sys; sys.exit(importlib.util.find_spec('vllm') is None)"
    if subprocess.run([python, "-c", search], stdin=subprocess.DEVNULL, capture_output=True).returncode != 0:
        raise MifgError(
            f"{python} has no vLLM.",
            "Install vLLM there, or name the interpreter of an environment that has it: --set serve.python=PATH.",
        )


@asynccontextmanager
async def served(settings: GenerateSettings, log: Path) -> AsyncIterator[GenerateSettings]:
    """Runs the server that the settings ask for, if they do, while the block runs.

    The block is cancelled where the server ends before it.

    Args:
        settings: Of the run.
        log: File that takes the server's output; written anew.

    Yields:
        The settings with the server's address in place of each ``base_url: serve``.

    Raises:
        MifgError: If the server does not start, is not ready in time, or ends.
    """
    if settings.serve.model is None:
        yield settings
        return
    async with _server(settings.serve.model, settings.served_names, settings.serve, log) as base_url:
        yield _reached_at(settings, base_url)


@asynccontextmanager
async def _server(model: str, names: Sequence[str], serve: ServeSettings, log: Path) -> AsyncIterator[str]:
    port = _free_port()
    command = [_python(serve), "-m", "vllm.entrypoints.openai.api_server", *serve.arguments]
    command += ["--model", model, "--served-model-name", *names, "--host", HOST, "--port", str(port)]
    base_url = f"http://{HOST}:{port}/v1"
    async with _kept(command, log) as process, _cancelled_by_end_of(process, log):
        try:
            async with asyncio.timeout(serve.start_timeout):
                await _until_ready(base_url, names)
        except TimeoutError as error:
            raise MifgError(
                f"The model server was not ready after {serve.start_timeout:g} s; see {log}.",
                "Give it more time with --set serve.start_timeout=…, or mend what the log complains about.",
            ) from error
        yield base_url


@asynccontextmanager
async def _kept(command: Sequence[str], log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command under a keeper, which ends it when this process ends or leaves the block."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        output = log.open("wb")
    except OSError as error:
        raise unwritable(log, error) from error
    with output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", keeper.__file__, *command),
            stdin=asyncio.subprocess.PIPE,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # so that Ctrl-C in the terminal reaches this process alone
            env={"VLLM_NO_USAGE_STATS": "1", **os.environ},
        )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


@asynccontextmanager
async def _cancelled_by_end_of(process: asyncio.subprocess.Process, log: Path) -> AsyncIterator[None]:
    """Cancels the block when the process ends before it, and says so by an error; works like ``asyncio.timeout``."""
    block = asyncio.current_task()
    assert block is not None

    def cancel_block(_: asyncio.Task[int]) -> None:
        block.cancel()

    end = asyncio.create_task(process.wait())
    end.add_done_callback(cancel_block)
    try:
        yield
    except asyncio.CancelledError:
        if not end.done() or block.uncancel() > 0:
            raise
        raise MifgError(
            f"The model server ended with status {end.result()}. {log} says:\n{last_words(log)}\n",
            "Mend what it complains about (often with --set serve.arguments=…) and run the same command again.",
        ) from None
    finally:
        end.remove_done_callback(cancel_block)
        end.cancel()


async def _until_ready(base_url: str, names: Sequence[str]) -> None:
    """Waits until the server lists the models: another server that took the port in between does not."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        while True:
            if await _listed_models(session, base_url) >= set(names):
                return
            await asyncio.sleep(POLL_SECONDS)


async def _listed_models(session: aiohttp.ClientSession, base_url: str) -> set[str]:
    try:
        async with session.get(f"{base_url}/models") as response:
            listing = await response.json()
        return {model["id"] for model in listing["data"]}
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError):
        return set()  # not up yet, or not ours


def _reached_at(settings: GenerateSettings, base_url: str) -> GenerateSettings:
    models = {
        name: model.model_copy(update={"server": model.server.model_copy(update={"base_url": base_url})})
        if model.server.base_url == SERVE
        else model
        for name, model in settings.models.items()
    }
    return settings.model_copy(update={"models": models})


def _python(serve: ServeSettings) -> str:
    return serve.python or sys.executable


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
