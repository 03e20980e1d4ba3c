"""Measures what indexing a folder costs over decoding and hashing its images, and what indexing it again costs.

Both sides are whole commands, started by turns: the one reads, digests (SHA-256), decodes and hashes (pHash) each file
and does nothing else; the other calls `index_corpus` on a folder without an index. Both work in the same number of
processes, because two that share a core are each slower than one alone. CPU seconds include all their processes, with
start and imports. Then the unchanged folder is indexed again.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
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

INDEX = """
import sys, time
from pathlib import Path
from mifg_pipeline.corpus import index_corpus

started = time.perf_counter()
index_corpus(Path(sys.argv[1]), workers=int(sys.argv[2]))
print(time.perf_counter() - started)
"""


def main() -> None:
    """Makes the folder, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    print_header("pillow", "ImageHash", "numpy", "scipy", "opencv-python-headless", "pyarrow")

    table = Table("", "measured", "allowed", box=None, pad_edge=False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill_with_images(folder, arguments.images)
        megapixels = sum(np.prod(Image.open(path).size) for path in folder.glob("*.jpg")) / 1e6
        table.add_row("images, their megapixels", f"{arguments.images}, {megapixels:.0f}")
        for workers in sorted({1, arguments.workers}):
            compare_with_hashing(table, folder, workers, arguments.rounds)
        compare_with_second(table, folder, arguments.workers, arguments.rounds)
    Console(width=120).print(table)


def compare_with_hashing(table: Table, folder: Path, workers: int, rounds: int) -> None:
    """Adds what the index costs over decoding and hashing, in so many processes each."""
    alone: list[Usage] = []
    indexing: list[Usage] = []
    for _ in range(rounds):
        alone.append(run_measured([sys.executable, "-c", DECODE_AND_HASH, str(folder), str(workers)]))
        (folder / INDEX_NAME).unlink(missing_ok=True)
        indexing.append(run_measured([sys.executable, "-c", INDEX, str(folder), str(workers)]))
    ratios = [index.cpu / base.cpu for index, base in zip(indexing, alone, strict=True)]
    processes = f"{workers} process{'es' if workers > 1 else ''}"
    table.add_row(f"decode and hash in {processes}, CPU s", _spread([usage.cpu for usage in alone]))
    table.add_row(f"index in {processes}, CPU s", _spread([usage.cpu for usage in indexing]))
    table.add_row("index / decode and hash, CPU", _spread(ratios), f"at most {RATIO_ALLOWED}")


def compare_with_second(table: Table, folder: Path, workers: int, rounds: int) -> None:
    """Adds what the first index costs over the second, the calls alone and the whole commands."""
    first: list[tuple[float, Usage]] = []
    second: list[tuple[float, Usage]] = []
    for _ in range(rounds):
        (folder / INDEX_NAME).unlink(missing_ok=True)
        first.append(_index_call(folder, workers))
        second.append(_index_call(folder, workers))
    calls = [before[0] / after[0] for before, after in zip(first, second, strict=True)]
    commands = [before[1].wall / after[1].wall for before, after in zip(first, second, strict=True)]
    table.add_row("first index, call, wall s", _spread([seconds for seconds, _ in first]))
    table.add_row("second index, call, wall s", _spread([seconds for seconds, _ in second]))
    table.add_row("first / second index, calls", _spread(calls), f"at least {SPEEDUP_WANTED}")
    table.add_row("first / second index, commands with start", _spread(commands))


def _index_call(folder: Path, workers: int) -> tuple[float, Usage]:
    """Wall-clock seconds of a call of ``index_corpus``, and what its process took."""
    with tempfile.TemporaryFile("w+") as output:
        usage = run_measured([sys.executable, "-c", INDEX, str(folder), str(workers)], output=output)
        output.seek(0)
        return float(output.read()), usage


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


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()
