"""What `mifg eval` itself costs: CPU for each item against the stub server, and the time of a replay.

    python benchmarks/eval_overhead.py [--items 5000] [--size 256 192]

The stub server answers at once and runs in a process of its own, so that the CPU time of `mifg eval` is its own work:
reading questions, rendering and sending images, replies, storage, judgement, figures and report. What does not grow
with the items (starting Python, the page's examples) is measured with one item and taken off.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from machine import print_header
from PIL import Image, ImageFilter

MIFG = (sys.executable, "-c", "from mifg_pipeline.cli import main; main()")
OPTIONS = "(A) red\n(B) green\n(C) blue\n(D) white"
INSTRUCTION = "Answer with the option's letter from the given choices directly."


def write_benchmark(folder: Path, items: int, size: tuple[int, int]) -> None:
    """Questions in the layout of V*, each over a picture of its own, blurred noise."""
    noise = Image.effect_noise(size, 60).convert("RGB").filter(ImageFilter.GaussianBlur(2))
    with (folder / "test_questions.jsonl").open("w", encoding="utf-8") as file:
        for index in range(items):
            name = f"direct_attributes/{index}.jpg"
            (folder / name).parent.mkdir(exist_ok=True)
            noise.paste((index % 256, index // 256, 90), (0, 0, 64, 64))
            noise.save(folder / name, quality=90)
            text = f"What is the colour of kite {index}?\n{OPTIONS}\n{INSTRUCTION}"
            line = {"image": name, "text": text, "category": "direct_attributes", "label": "A", "question_id": index}
            file.write(json.dumps(line) + "\n")


@contextmanager
def stub_server() -> Iterator[str]:
    """The base URL of a stub server that runs as long as the context lasts."""
    with subprocess.Popen([*MIFG, "stub"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def evaluate(url: str, data: Path, out: Path, *arguments: object) -> tuple[float, float]:
    """Wall and CPU seconds of `mifg eval`, processes that it starts included."""
    command = [*MIFG, "eval", "--model", url, "--data", str(data), "--benchmark", "vstar", "--out", str(out)]
    started = time.perf_counter()
    process = subprocess.Popen([*command, *map(str, arguments)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, f"mifg eval ended with status {status}"
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=5000)
    parser.add_argument("--size", type=int, nargs=2, default=(256, 192), help="of the pictures, pixels")
    arguments = parser.parse_args()
    items = arguments.items
    with tempfile.TemporaryDirectory() as scratch, stub_server() as url:
        folder = Path(scratch)
        write_benchmark(folder, items, tuple(arguments.size))
        _, fixed = evaluate(url, folder, folder / "one", "--limit", 1)
        wall, cpu = evaluate(url, folder, folder / "all")
        replay, _ = evaluate(url, folder, folder / "all")
    print_header()
    figures = {
        "items": items,
        "first run, s": wall,
        "CPU for each item, ms": 1000 * (cpu - fixed) / items,
        "replay, s": replay,
    }
    for name, figure in figures.items():
        print(f"{name:24} {figure:8.2f}")  # noqa: T201


if __name__ == "__main__":
    main()
