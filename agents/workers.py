"""Worker processes for CPU work: programs, readers and witnesses run there, the event loop stays free."""

import asyncio
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Generic, ParamSpec, Self, TypeVar

from mifg_pipeline.errors import MifgError

Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


@dataclass(frozen=True)
class Timed(Generic[Value]):
    """A value and the CPU seconds that it took to compute."""

    value: Value
    seconds: float


class WorkerPool:
    """A pool of processes that is awaited; use it as a context manager.

    Args:
        workers: Number of processes.
    """

    def __init__(self, workers: int) -> None:
        self._executor = ProcessPoolExecutor(
            workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    async def run(
        self, function: Callable[Arguments, Value], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Timed[Value]:
        """Runs ``function(*args, **kwargs)`` in a worker; everything passed must pickle.

        Raises:
            MifgError: If the worker process died.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._executor, _timed, function, args, kwargs)
        except BrokenProcessPool as error:
            raise MifgError(
                "A worker process died; the system may have run out of memory.",
                "Run the same command again to resume, with a lower --concurrency if it happens again.",
            ) from error


def _timed(function: Callable[..., Value], args: tuple[object, ...], kwargs: dict[str, object]) -> Timed[Value]:
    started = time.process_time()
    value = function(*args, **kwargs)
    return Timed(value, time.process_time() - started)


def _start_worker() -> None:
    """Leaves Ctrl-C to the parent, uses one thread, and ends the worker when the parent is killed."""
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_with, args=(parent.sentinel,), daemon=True).start()


def _exit_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
