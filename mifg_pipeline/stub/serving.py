"""Runs the stub server: for the length of a context, or until the process is told to stop."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from mifg_pipeline.errors import MifgError
from mifg_pipeline.stub.server import Replier, StubServer
from mifg_pipeline.stub.settings import StubSettings

_BACKLOG = 1024
"""Connections that may wait to be accepted."""

_PATIENCE = 1.0
"""Seconds for which requests in flight may end when the server stops."""


@asynccontextmanager
async def serving(settings: StubSettings, replier: Replier | None = None) -> AsyncIterator[str]:
    """Serves while the context lasts.

    Args:
        settings: Of the server.
        replier: What the models say; the least that fits where None.

    Yields:
        The base URL, such as ``http://127.0.0.1:8000/v1``.

    Raises:
        MifgError: If the port is taken or the address is none of this machine.
    """
    app = StubServer(settings, replier).application()
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=_PATIENCE)
    await runner.setup()
    try:
        await _listen(runner, settings)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        yield f"http://{host}:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, settings: StubSettings) -> None:
    try:
        await web.TCPSite(runner, settings.host, settings.port, backlog=_BACKLOG).start()
    except OSError as error:
        raise MifgError(
            f"Cannot listen on {settings.host}, port {settings.port}: {error.strerror}.",
            "Choose another with --host and --port; port 0 takes a free one.",
        ) from error


async def serve_until_stopped(settings: StubSettings, replier: Replier | None, on_ready: Callable[[str], None]) -> None:
    """Serves until the process gets SIGINT or SIGTERM.

    Args:
        settings: Of the server.
        replier: What the models say; the least that fits where None.
        on_ready: Takes the base URL once connections are accepted.

    Raises:
        MifgError: If the port is taken or the address is none of this machine.
    """
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with serving(settings, replier) as url:
        on_ready(url)
        await stopped.wait()
