"""Serves web applications from a thread, one after another at the same address, as a server that is restarted."""

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web
from aiohttp.log import server_logger


class AppThread:
    """A server at a free port of this machine; use it as ``app_thread``.

    Attributes:
        url: Base URL.
    """

    def __init__(self) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self._port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}/v1"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._runner: web.AppRunner | None = None

    def start(self, app: web.Application) -> None:
        """Serves an application."""
        self._do(self._start(app))

    def stop(self) -> None:
        """Breaks off all connections, and refuses further ones until the next start."""
        if self._runner is not None:
            # aiohttp may report a request that it breaks off itself as an error.
            server_logger.disabled = True
            self._do(self._runner.cleanup())
            server_logger.disabled = False
            self._runner = None

    def close(self) -> None:
        """Ends the thread."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self, app: web.Application) -> None:
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, backlog=1024, reuse_address=True).start()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)


@contextmanager
def app_thread(app: web.Application | None = None) -> Iterator[AppThread]:
    """A server as long as the context lasts, which serves ``app`` from the start if there is one."""
    server = AppThread()
    try:
        if app is not None:
            server.start(app)
        yield server
    finally:
        server.close()
