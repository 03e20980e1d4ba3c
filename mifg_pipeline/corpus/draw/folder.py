"""Draws a folder of scenes in the Hugging Face imagefolder convention."""

import itertools
import math
import multiprocessing
import os
import re
import signal
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path

import cv2
from PIL import Image, UnidentifiedImageError

from mifg_pipeline.corpus.draw.layout import lay_out
from mifg_pipeline.corpus.draw.scene import describe, draw_scene, source_of
from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import canonical_json

METADATA = "metadata.jsonl"

_JPEG_QUALITY = 90
_SCENE_NAME = re.compile(r"scene-(\d{6,})\.jpg")
_PART = ".part"
_UNFINISHED = re.compile(rf"({_SCENE_NAME.pattern}|{re.escape(METADATA)}){re.escape(_PART)}")
_COMPANIONS = (METADATA, "corpus.parquet", ".corpus.receipt.json")
"""What may lie beside the scenes: their annotations, and the index of the folder with its receipt."""

_SCENES_PER_PROCESS = 16
"""Starting a process takes as long as drawing about half as many scenes."""


@dataclass(frozen=True)
class DrawSummary:
    """What ``draw_corpus`` did.

    Attributes:
        drawn: Scenes that it drew.
        kept: Scenes that were there before.
    """

    drawn: int
    kept: int


def draw_corpus(
    out: Path,
    count: int,
    seed: int,
    workers: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> DrawSummary:
    """Draws the scenes 0 to ``count`` - 1 of a series into a folder, with ``metadata.jsonl``.

    Scenes of the same series that are there already are kept, so that an interrupted drawing continues and a
    finished one grows. A scene's bytes depend on ``seed`` and its index alone.

    Args:
        out: The folder; made if missing.
        count: Scenes that the folder shall hold.
        seed: Of the series.
        workers: Processes; one per core unless set.
        on_progress: Called with the scenes that are there and the scenes wanted.

    Raises:
        MifgError: If ``count`` or ``workers`` is below 1, ``out`` holds anything else, or it cannot be written.
    """
    if count < 1:
        raise MifgError(f"{count} scenes cannot be drawn.", "Ask for at least 1.")
    if workers is not None and workers < 1:
        raise MifgError(f"{workers} processes cannot draw.", "Ask for at least 1, or leave it out for one per core.")
    kept = _prepare(out, seed)
    missing = [index for index in range(count) if index not in kept]
    present = count - len(missing)
    for done, _ in enumerate(_draw_all(out, seed, missing, workers or os.cpu_count() or 1), start=present + 1):
        if on_progress is not None:
            on_progress(done, count)
    _write(out / METADATA, _metadata_lines(seed, sorted(kept.union(missing))))
    return DrawSummary(drawn=len(missing), kept=len(kept))


def _prepare(out: Path, seed: int) -> set[int]:
    """Makes the folder and clears unfinished files; returns the indices of the scenes it holds."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        names = sorted(entry.name for entry in out.iterdir())
        kept = _earlier_scenes(out, seed, itertools.filterfalse(_UNFINISHED.fullmatch, names))
        if METADATA in names and not kept:
            raise _foreign(out, METADATA, seed)
        for name in filter(_UNFINISHED.fullmatch, names):
            (out / name).unlink()
    except OSError as error:
        raise _unusable(out, error) from error
    return kept


def _earlier_scenes(out: Path, seed: int, names: Iterable[str]) -> set[int]:
    """Indices of the scenes of this series in a folder that may hold nothing else."""
    found: set[int] = set()
    for name in names:
        match = _SCENE_NAME.fullmatch(name)
        if match and _is_scene(out / name, source_of(seed, int(match[1]))):
            found.add(int(match[1]))
        elif name not in _COMPANIONS:
            raise _foreign(out, name, seed)
    return found


def _is_scene(path: Path, source: str) -> bool:
    """Whether the file carries the comment that the scene of that source was written with."""
    try:
        with Image.open(path) as image:
            return image.info.get("comment") == source.encode()
    except (UnidentifiedImageError, Image.DecompressionBombError):
        return False


def _draw_all(out: Path, seed: int, indices: list[int], workers: int) -> Iterable[None]:
    """Draws the scenes, in as many processes as are worth starting; yields once per scene."""
    draw = partial(_draw_file, out, seed)
    processes = min(workers, math.ceil(len(indices) / _SCENES_PER_PROCESS))
    if processes <= 1:
        yield from map(draw, indices)
        return
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(processes, mp_context=context, initializer=_start_worker) as pool:
            yield from pool.map(draw, indices, chunksize=4)
    except BrokenProcessPool as error:
        raise MifgError(
            "A drawing process was ended from outside, perhaps for want of memory.",
            "Start the command again with fewer workers; finished scenes are kept.",
        ) from error


def _start_worker() -> None:
    """Leaves Ctrl-C to the parent, and keeps OpenCV from starting threads of its own beside the processes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)


def _draw_file(out: Path, seed: int, index: int) -> None:
    scene = draw_scene(seed, index)
    encoded = BytesIO()
    Image.fromarray(scene.pixels).save(
        encoded, "JPEG", quality=_JPEG_QUALITY, subsampling=0, comment=source_of(seed, index).encode()
    )
    _write(out / _scene_name(index), encoded.getvalue())


def _scene_name(index: int) -> str:
    return f"scene-{index:06d}.jpg"


def _metadata_lines(seed: int, indices: Iterable[int]) -> bytes:
    """One line per scene, from its layout alone."""
    lines = (
        canonical_json({"file_name": _scene_name(index), **describe(lay_out(seed, index), seed, index)}) + "\n"
        for index in indices
    )
    return "".join(lines).encode()


def _write(path: Path, content: bytes) -> None:
    """Writes a whole file or none."""
    part = path.with_name(path.name + _PART)
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _unusable(path, error) from error


def _unusable(path: Path, error: OSError) -> MifgError:
    return MifgError(
        f"{path} cannot be used: {error.strerror or error}.",
        "Make it readable and writable, free space, or name another folder; finished scenes are kept.",
    )


def _foreign(out: Path, name: str, seed: int) -> MifgError:
    return MifgError(
        f"{out} holds {name}, which is not a scene of the series with seed {seed} as this version draws it.",
        "Name an empty folder, or the seed that the folder was drawn with.",
    )
