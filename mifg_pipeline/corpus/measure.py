"""What the index knows of an image file from its bytes alone, measured in one pass, on all cores."""

import hashlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import imagehash
import numpy as np
from numpy.typing import NDArray

from mifg_pipeline.corpus.pixels import UnusableImage, decode_upright, read_image_file
from mifg_pipeline.errors import MifgError

SHARPNESS_SIDE: Final = 1024

IN_PROCESS_FILES: Final = 16
"""Up to so many files are measured in this process: starting workers would take longer."""

FILES_PER_TASK: Final = 4


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one image file holds.

    Attributes:
        sha256: Digest of the bytes.
        width: Pixels of the upright image.
        height: Pixels of the upright image.
        phash: 64-bit perceptual hash of the upright image, 16 hexadecimal digits.
        sharpness: See ``measure_sharpness``.
    """

    sha256: str
    width: int
    height: int
    phash: str
    sharpness: float


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a file gives no image.

    Attributes:
        reason: As ``kind: detail``.
        lasting: Whether the bytes are to blame, so that reading them again is of no use.
    """

    reason: str
    lasting: bool


def measure_file(path: Path) -> Measurement | Unusable:
    """Reads a file once and measures it."""
    try:
        data = read_image_file(path)
        image = decode_upright(data)
        grey = image.convert("L")
        return Measurement(
            sha256=hashlib.sha256(data).hexdigest(),
            width=image.width,
            height=image.height,
            phash=str(imagehash.phash(grey)),
            sharpness=measure_sharpness(np.asarray(grey)),
        )
    except UnusableImage as error:
        return Unusable(str(error), lasting=True)
    except MemoryError:
        return Unusable("unreadable: not enough memory to decode it", lasting=False)
    except OSError as error:
        return Unusable(f"unreadable: {error.strerror or type(error).__name__}", lasting=False)


def measure_sharpness(grey: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian of a grey image, scaled down to a longest side of 1024; two decimals.

    Smaller images are left as they are: scaling up would blur them.

    Source: J. L. Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000.
    """
    height, width = grey.shape
    scale = SHARPNESS_SIDE / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    # The Laplacian of bytes fits 16 bits.
    _, deviation = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))
    return round(deviation.item() ** 2, 2)


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
    results = map(measure_file, paths) if workers == 1 or len(paths) <= IN_PROCESS_FILES else _pooled(paths, workers)
    for result in results:
        measured.append(result)
        if on_progress is not None:
            on_progress(len(measured), len(paths))
    return measured


def _pooled(paths: Sequence[Path], workers: int) -> Iterator[Measurement | Unusable]:
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start_worker)
    try:
        yield from pool.map(measure_file, paths, chunksize=FILES_PER_TASK)
    except BrokenProcessPool as error:
        remedy = "It may have run out of memory: index again with --workers 1."
        raise MifgError("A worker process died while it read images.", remedy) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    # Ctrl-C reaches the whole process group; the parent alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
