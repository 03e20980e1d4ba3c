"""Speed and memory of an export beside a plain pyarrow writer that is given the same bytes.

    python benchmarks/export_speed.py WORK --items 20000

makes a corpus of noise pictures and a run over it in WORK, exports it, and writes the same rows with
``pyarrow.parquet.ParquetWriter`` as it comes out of the box, by turns, in processes of their own. The first round finds
the disk empty and does not count; of the others the median does.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from machine import print_header
from PIL import Image

from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.corpus import Corpus, index_corpus
from mifg_pipeline.export import Selection, export_dataset
from mifg_pipeline.export.columns import COLUMNS, row_of
from mifg_pipeline.items import POOLS, Answer, ImageRef, Item, Pool, Provenance, Region, Verdict
from mifg_pipeline.store import CorpusLocation, Ledger, RunFolder, RunManifest
from mifg_pipeline.store.files import replaced_file

IMAGES = 4
"""Of each item."""

PICTURES = 2000
GROUP_ROWS = 100


def main() -> None:
    """Runs the parts one after another and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--side", type=int, default=220, help="pixels of a side of a picture")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", choices=("export", "plain"), help="what a process of its own does")
    arguments = parser.parse_args()
    if arguments.part is not None:
        print(json.dumps({"export": export, "plain": write_plainly}[arguments.part](arguments.work)))  # noqa: T201
        return
    print_header("pyarrow", "pillow")
    if not (arguments.work / "run").exists():
        make_run(arguments.work, arguments.items, arguments.side)
    rounds = [
        {part: in_process(arguments.work, part) for part in ("plain", "export")} for _ in range(arguments.rounds + 1)
    ]
    print_table({part: median([figures[part] for figures in rounds[1:]]) for part in ("plain", "export")})


def in_process(work: Path, part: str) -> dict[str, Any]:
    """What a part measured."""
    command = [sys.executable, __file__, str(work), "--part", part]
    figures: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return figures


def median(figures: list[dict[str, Any]]) -> dict[str, Any]:
    """Those in the middle by time."""
    return sorted(figures, key=lambda measured: float(measured["seconds"]))[len(figures) // 2]


def print_table(figures: dict[str, dict[str, Any]]) -> None:
    """Prints speeds, their ratio, and the most memory at the half and at the end."""
    for part, measured in figures.items():
        speed = measured["bytes"] / measured["seconds"] / 1e6
        print(  # noqa: T201
            f"{part:8} {measured['rows']} rows, {measured['bytes'] / 1e9:.1f} GB: {measured['seconds']:.1f} s "
            f"({measured['cpu_seconds']:.1f} s of a core), {speed:.0f} MB/s; "
            f"memory {measured['memory_at_half']:.0f} MB at the half, {measured['memory']:.0f} MB at the end"
        )
    ratio, cpu_ratio = (figures["plain"][what] / figures["export"][what] for what in ("seconds", "cpu_seconds"))
    print(f"export has {ratio:.0%} of the plain writer's speed, {cpu_ratio:.0%} by the time of cores")  # noqa: T201


def export(work: Path) -> dict[str, Any]:
    """Exports the run."""
    shutil.rmtree(work / "out", ignore_errors=True)
    peaks: list[float] = []
    clock = Clock()
    clock.start()
    report = export_dataset(
        Selection.open(work / "run", "candidate"), work / "out", on_row=lambda _: peaks.append(memory())
    )
    clock.stop()
    image_bytes = sum(size.image_bytes for size in report.figures.splits.values())
    return measured(report.figures.rows, image_bytes, clock, peaks)


def write_plainly(work: Path) -> dict[str, Any]:
    """Writes the same rows into one file a split, row group by row group, from bytes that are in memory already."""
    selection = Selection.open(work / "run", "candidate")
    held = {image.sha256: selection.corpus.path_of(image).read_bytes() for image in selection.corpus.images}
    (work / "plain").mkdir(exist_ok=True)
    writers = {pool: pq.ParquetWriter(work / "plain" / f"{pool}.parquet", COLUMNS) for pool in POOLS}
    groups: dict[Pool, list[dict[str, Any]]] = {pool: [] for pool in POOLS}
    peaks: list[float] = []
    image_bytes, clock = 0, Clock()
    for entry in selection.entries():
        contents = [held[image.sha256] for image in entry.item.images]
        image_bytes += sum(map(len, contents))
        group = groups[entry.item.pool]
        group.append(row_of(entry, contents))
        if len(group) == GROUP_ROWS:
            clock.start()
            writers[entry.item.pool].write_table(pa.Table.from_pylist(group, COLUMNS))
            clock.stop()
            group.clear()
        peaks.append(memory())
    clock.start()
    for pool, group in groups.items():
        writers[pool].write_table(pa.Table.from_pylist(group, COLUMNS))
        writers[pool].close()
    clock.stop()
    return measured(len(peaks), image_bytes, clock, peaks)


class Clock:
    """Adds up the time between starts and stops, as a clock shows it and as the cores spent it for this process."""

    def __init__(self) -> None:
        self.seconds = self.cpu_seconds = 0.0

    def start(self) -> None:
        """Begins a stretch that counts."""
        self._began = time.perf_counter(), time.process_time()

    def stop(self) -> None:
        """Ends it."""
        self.seconds += time.perf_counter() - self._began[0]
        self.cpu_seconds += time.process_time() - self._began[1]


def measured(rows: int, image_bytes: int, clock: Clock, peaks: list[float]) -> dict[str, Any]:
    """The figures of a part."""
    times = {"seconds": clock.seconds, "cpu_seconds": clock.cpu_seconds}
    return {"rows": rows, "bytes": image_bytes, **times, "memory_at_half": peaks[len(peaks) // 2], "memory": peaks[-1]}


def memory() -> float:
    """Most memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def make_run(work: Path, items: int, side: int) -> None:
    """Writes ``corpus`` and ``run``: items over noise pictures, whose bytes no compression makes fewer."""
    (work / "corpus").mkdir(parents=True)
    for index in range(PICTURES):
        noise = np.random.default_rng(index).integers(0, 256, (side, side, 3), np.uint8)
        Image.fromarray(noise).save(work / "corpus" / f"{index}.png", compress_level=1)
    index_corpus(work / "corpus", min_side=32, workers=2, shares=dict.fromkeys(POOLS, 1 / 3))
    corpus = Corpus.open(work / "corpus")
    run = RunFolder(work / "run")
    run.create()
    location = CorpusLocation(path="../corpus", fingerprint=corpus.fingerprint)
    run.write_manifest(RunManifest(corpus=location, settings=GenerateSettings(items=items, seed=1), versions={}))
    with Ledger(run.ledger_path):
        pass  # an empty one: the run was not made by attempts
    with replaced_file(run.candidates_path) as file:
        file.writelines(f"{item.model_dump_json()}\n" for item in drawn_items(corpus, items))


def drawn_items(corpus: Corpus, count: int) -> Iterator[Item]:
    """Items over images of one pool each, drawn with replacement from item to item."""
    members = {pool: [image.ref() for image in corpus.images if image.pool == pool] for pool in POOLS}
    rng = np.random.default_rng(0)
    for index in range(count):
        pool = POOLS[index % len(POOLS)]
        chosen = rng.choice(len(members[pool]), IMAGES, replace=False)
        yield make_item([members[pool][place] for place in chosen], pool, index)


def make_item(images: list[ImageRef], pool: Pool, index: int) -> Item:
    """An item whose question names its index."""
    fields: dict[str, Any] = {
        "images": images,
        "question": f"How many red rings are there in the four images of number {index}?",
        "answer": Answer(kind="integer", value=index % 7, unit="rings"),
        "roles": ("evidence",) * IMAGES,
        "evidence": (Region(image=0, bbox=(2, 3, 30, 40), label="rings"),),
        "skills": ("counting",),
        "pool": pool,
        "difficulty": "zoom",
        "verdict": Verdict(gates=(), people_first=False),
        "provenance": Provenance(run_id="f" * 32, attempt=index, seed=1, writer="count-across/total"),
    }
    unchecked = Item.model_construct(**{**fields, "images": tuple(images), "options": None})
    return Item(**fields, id=unchecked.compute_id(), digest=unchecked.compute_digest())


if __name__ == "__main__":
    main()
