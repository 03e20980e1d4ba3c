"""Measures what indexing a folder costs over decoding and hashing its images, and what indexing it again costs.

Both sides are whole commands, started by turns: the one reads, digests (SHA-256), decodes and hashes (pHash) each file
and does nothing else; the other is `mifg corpus index` on a folder without an index. They are compared in the same
number of processes, because two that share a core are each slower than one alone, and many processes of the index with
a single one that only decodes. CPU seconds include all processes, with start and imports. Then the unchanged folder is
indexed again; that is compared for whole commands, and for calls of `index_corpus` alone.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from machine import print_header
from PIL import Image
from processes import Usage, run_measured
from rich.console import Console
from rich.table import Table

from mifg_pipeline.corpus.draw import draw_corpus
from mifg_pipeline.corpus.index_file import INDEX_NAME

RATIO_ALLOWED, SPEEDUP_WANTED = 1.5, 20

PHOTOS = Path(__file__).parent.parent / "data" / "photos"

DECODE_AND_HASH = """
import hashlib, io, multiprocessing, sys
from pathlib import Path
import imagehash
from PIL import Image

def decode_and_hash(path):
    data = path.read_bytes()
    return hashlib.sha256(data).hexdigest(), str(imagehash.phash(Image.open(io.BytesIO(data)).convert("RGB")))

paths = sorted(Path(sys.argv[1]).glob("*.jpg"))
if sys.argv[2] == "1":
    list(map(decode_and_hash, paths))
else:
    pool = multiprocessing.get_context("fork").Pool(int(sys.argv[2]))
    pool.map(decode_and_hash, paths, chunksize=4)
    pool.close()
    pool.join()
"""

CALL = """
import sys, time
from pathlib import Path
from mifg_pipeline.corpus import index_corpus

started = time.perf_counter()
index_corpus(Path(sys.argv[1]), workers=int(sys.argv[2]))
print(time.perf_counter() - started)
"""


@dataclass(frozen=True)
class Round:
    """One measurement of everything, by turns.

    Attributes:
        alone: Decoding and hashing, by the number of processes.
        first: The command on a folder without an index, by the number of processes.
        second: The command on the unchanged folder, with as many processes as there are cores.
        first_call: Seconds that ``index_corpus`` takes on a folder without an index, without start and imports.
        second_call: The same on the unchanged folder.
    """

    alone: dict[int, Usage]
    first: dict[int, Usage]
    second: Usage
    first_call: float
    second_call: float


def main() -> None:
    """Makes the folder, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    print_header("pillow", "ImageHash", "numpy", "scipy", "opencv-python-headless", "pyarrow")

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill_with_images(folder, arguments.images)
        megapixels = sum(np.prod(Image.open(path).size) for path in folder.glob("*.jpg")) / 1e6
        rounds = [measure(folder, arguments.workers) for _ in range(arguments.rounds)]
    console = Console(width=120)
    console.print(
        f"{arguments.images} images of {megapixels:.0f} megapixels; medians (and ranges) of {len(rounds)} rounds\n"
    )
    console.print(cpu_table(rounds, arguments.workers), "", wall_table(rounds, arguments.workers))


def measure(folder: Path, workers: int) -> Round:
    """Measures everything once; the folder has an index afterwards."""
    alone: dict[int, Usage] = {}
    first: dict[int, Usage] = {}
    for processes in sorted({1, workers}):
        alone[processes] = run_measured([sys.executable, "-c", DECODE_AND_HASH, str(folder), str(processes)])
        (folder / INDEX_NAME).unlink(missing_ok=True)
        first[processes] = run_measured(index_command(folder, processes))
    second = run_measured(index_command(folder, workers))
    (folder / INDEX_NAME).unlink()
    return Round(alone, first, second, index_call(folder, workers), index_call(folder, workers))


def index_command(folder: Path, workers: int) -> list[str]:
    """The command as users type it."""
    return [str(Path(sys.executable).with_name("mifg")), "corpus", "index", str(folder), "--workers", str(workers)]


def index_call(folder: Path, workers: int) -> float:
    """Wall-clock seconds of a call of ``index_corpus`` in a process of its own."""
    with tempfile.TemporaryFile("w+") as output:
        run_measured([sys.executable, "-c", CALL, str(folder), str(workers)], output=output)
        output.seek(0)
        return float(output.read())


def cpu_table(rounds: list[Round], workers: int) -> Table:
    """CPU seconds of the first index against decoding and hashing in as many processes, and in one."""
    table = Table("CPU seconds, whole commands", "measured", "allowed", box=None, pad_edge=False)
    for processes in sorted({1, workers}):
        table.add_row(f"decode and hash, {_count(processes)}", _spread([each.alone[processes].cpu for each in rounds]))
    for processes in sorted({1, workers}):
        table.add_row(f"index, {_count(processes)}", _spread([each.first[processes].cpu for each in rounds]))
    for processes, base in sorted({(1, 1), (workers, workers), (workers, 1)}):
        ratios = [each.first[processes].cpu / each.alone[base].cpu for each in rounds]
        name = f"index, {_count(processes)} / decode and hash, {_count(base)}"
        table.add_row(name, _spread(ratios), f"at most {RATIO_ALLOWED}")
    return table


def wall_table(rounds: list[Round], workers: int) -> Table:
    """Wall-clock seconds of the first index against the second, whole commands and calls alone."""
    table = Table(f"Wall-clock seconds, {_count(workers)}", "measured", "allowed", box=None, pad_edge=False)
    commands = [(each.first[workers].wall, each.second.wall) for each in rounds]
    calls = [(each.first_call, each.second_call) for each in rounds]
    for what, pairs in (("command", commands), ("call", calls)):
        table.add_row(f"first index, {what}", _spread([first for first, _ in pairs]))
        table.add_row(f"second index, {what}", _spread([second for _, second in pairs], digits=3))
        ratios = [first / second for first, second in pairs]
        table.add_row(f"first / second index, {what}s", _spread(ratios, digits=1), f"at least {SPEEDUP_WANTED}")
    return table


def fill_with_images(folder: Path, count: int) -> None:
    """Fills a folder with half drawn scenes and half photographs, each of these moved a little to make new files."""
    scenes = folder / "scenes"
    draw_corpus(scenes, min(count, 60), seed=1)
    sources = [sorted(scenes.glob("*.jpg")), sorted(PHOTOS.glob("*.jpg"))]
    for index in range(count):
        group = sources[index % 2]
        turn, position = divmod(index // 2, len(group))
        with Image.open(group[position]) as image:
            image.convert("RGB").crop((turn, turn, *image.size)).save(folder / f"{index:05}.jpg", quality=90)
    shutil.rmtree(scenes)


def _count(processes: int) -> str:
    return f"{processes} process{'es' if processes > 1 else ''}"


def _spread(values: list[float], digits: int = 2) -> str:
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


if __name__ == "__main__":
    main()
