"""Measures image files on all cores."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Final

from mifg_pipeline.errors import MifgError
from mifg_pipeline.images.measurement import Measurement, Unusable

IN_PROCESS_FILES: Final = 16
"""Up to so many files are measured in this process: starting workers would take longer."""

FILES_PER_TASK: Final = 4


def measure_files(
    paths: Sequence[Path], workers: int | None, on_progress: Callable[[int, int], None] | None
) -> list[Measurement | Unusable]:
    """Measures files on several cores, in the order given.

    Args:
        paths: The files.
        workers: Processes; as many as there are usable cores if None.
        on_progress: Told how many of how many files are done.

    Raises:
        MifgError: If ``workers`` is below 1, or a worker process dies.
    """
    if workers is not None and workers < 1:
        raise MifgError(f"{workers} processes cannot read images.", "Ask for at least 1, or leave it out.")
    workers = workers or len(os.sched_getaffinity(0))
    measured: list[Measurement | Unusable] = []
    results = map(_measure, paths) if workers == 1 or len(paths) <= IN_PROCESS_FILES else _pooled(paths, workers)
    for result in results:
        measured.append(result)
        if on_progress is not None:
            on_progress(len(measured), len(paths))
    return measured


def _pooled(paths: Sequence[Path], workers: int) -> Iterator[Measurement | Unusable]:
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), start_worker)
    try:
        yield from pool.map(_measure, paths, chunksize=FILES_PER_TASK)
    except BrokenProcessPool as error:
        remedy = "It may have run out of memory: index again with --workers 1."
        raise MifgError("A worker process died while it read images.", remedy) from error
    finally:
        pool.shutdown(cancel_futures=True)


def start_worker() -> None:
    """Prepares a process that measures images: it keeps to one thread, and leaves Ctrl-C to its parent."""
    # Ctrl-C reaches the whole process group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # There is a process for each core. NumPy and SciPy start their threads when they are imported, which is later.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    import cv2

    cv2.setNumThreads(1)


def _measure(path: Path) -> Measurement | Unusable:
    # Imported where it is done: the parent of the workers decodes nothing, nor does whoever finds nothing new.
    from mifg_pipeline.images.measure import measure_file

    return measure_file(path)
