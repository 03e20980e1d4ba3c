"""Measures the search for copies at size: thousands of images of ours, and another dataset of thousands.

Ours are an indexed corpus that holds the photographs that ship. Theirs are scenes drawn from another seed, so that what
is found among them is found wrongly, and those photographs in the alterations of `copy_signals.py`, each of which
should be found. Features alone tell here: `mifg export --against` asks bytes and perceptual hashes as well.

    python benchmarks/copy_search.py runs/mifg-qa/corpus --scenes 2000 --folder runs/copy-search
"""

import argparse
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from copy_signals import ALTERATIONS
from machine import print_header
from rich.console import Console
from rich.table import Table

from mifg_pipeline.copies.gallery import Gallery
from mifg_pipeline.copies.portrait import Portrait
from mifg_pipeline.corpus import Corpus
from mifg_pipeline.images.decoding import decode_upright, read_image_file

OUTPUT = Console(width=100, highlight=False)


def main() -> None:
    """Searches, and prints cost, recall and what was found wrongly."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("corpus", type=Path, help="indexed; holds the photographs that ship in photos/")
    parser.add_argument("--scenes", type=int, default=2000, help="of the other dataset")
    parser.add_argument("--folder", type=Path, required=True, help="for those scenes, made if missing")
    arguments = parser.parse_args()
    print_header("opencv-python-headless", "pillow", "numpy")
    draw(arguments.scenes, arguments.folder)
    theirs = sorted(arguments.folder.rglob("*.jpg"))
    ours = [arguments.corpus / image.path for image in Corpus.open(arguments.corpus).images]
    before = peak_megabytes()
    with timed("to take in each of ours", len(ours)):
        gallery = Gallery([Portrait.of(decode_upright(read_image_file(path))) for path in ours])
    OUTPUT.print(f"memory for each of ours, MB: {(peak_megabytes() - before) / len(ours):.2f}")
    with timed("to look up each of theirs", len(theirs)):
        wrong = [(path, position) for path in theirs for position in found_in(gallery, path)]
    OUTPUT.print(f"{len(ours):,} images of ours, {len(theirs):,} of theirs; found wrongly: {len(wrong)}")
    for path, position in wrong[:5]:
        OUTPUT.print(f"  {path} as {ours[position]}")
    OUTPUT.print("", recall(gallery, ours))


def draw(count: int, folder: Path) -> None:
    """Draws the scenes that are not there yet."""
    program = "from mifg_pipeline.cli import main; main()"
    arguments = ("corpus", "draw", "--count", str(count), "--seed", "2", "--out", str(folder))
    subprocess.run([sys.executable, "-c", program, *arguments], check=True)


def found_in(gallery: Gallery, path: Path) -> set[int]:
    """Positions of what a file is taken for a copy of."""
    return {
        position
        for portrait in Portrait.both(decode_upright(read_image_file(path)))
        for position in gallery.copies_of(portrait)
    }


def recall(gallery: Gallery, ours: list[Path]) -> Table:
    """How many of the photographs are found by alteration, and what else is."""
    table = Table("alteration", "photographs", "found", "found wrongly", box=None, pad_edge=False)
    photographs = [position for position, path in enumerate(ours) if "photos" in path.parts]
    for name, alter in ALTERATIONS.items():
        rng = random.Random(name)
        hits = false = 0
        for position in photographs:
            altered = alter(decode_upright(read_image_file(ours[position])), rng)
            found = {other for portrait in Portrait.both(altered) for other in gallery.copies_of(portrait)}
            hits += position in found
            false += len(found - {position})
        table.add_row(name, f"{len(photographs)}", f"{hits}", f"{false}")
    return table


def peak_megabytes() -> float:
    """Most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


@contextmanager
def timed(what: str, count: int) -> Iterator[None]:
    """Prints the CPU time of one of so many."""
    start = time.process_time()
    yield
    OUTPUT.print(f"CPU {what}, s: {(time.process_time() - start) / count:.3f}")


if __name__ == "__main__":
    main()
