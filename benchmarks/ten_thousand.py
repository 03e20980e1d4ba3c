"""Measures a run of ten thousand items of all families in equal shares, and checks all its keys.

Draws the scenes, adds the photographs, indexes the folder, makes a run of a tenth of the items and then the run itself,
each by one command. Peak memory is the sum of the proportional set sizes (PSS) of all processes of the command. Then
the independent check of `tests/support/key_check.py` answers every item, and items in which a wrong key was planted.
"""

import argparse
import shutil
import sys
from pathlib import Path

from machine import print_header
from processes import Usage, run_measured
from rich.console import Console
from rich.table import Table
from run_keys import check_keys

from mifg_pipeline.programs import families
from mifg_pipeline.store import Ledger, QuotaOutcome, RunFolder, asked_and_reached

MINUTES_ALLOWED, GB_ALLOWED, RATIO_ALLOWED = 30, 1.5, 1.3
PLANTED = 500

PHOTOS = Path(__file__).parent.parent / "data" / "photos"

OUTPUT = Console(width=120)


def main() -> None:
    """Makes corpus and runs, checks, prints."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--scenes", type=int, default=2_000)
    parser.add_argument("--folder", type=Path, required=True, help="for corpus and runs; made if missing")
    arguments = parser.parse_args()
    print_header("pillow", "numpy", "scipy", "opencv-python-headless", "rapidocr", "onnxruntime", "langgraph")

    corpus = arguments.folder / "corpus"
    drawing, indexing = make_corpus(corpus, arguments.scenes)
    OUTPUT.print(f"Corpus: {arguments.scenes} scenes drawn in {drawing.wall:.0f} s, indexed in {indexing.wall:.0f} s\n")

    small = arguments.folder / f"run-{arguments.items // 10}"
    large = arguments.folder / f"run-{arguments.items}"
    usages = [generate(corpus, run, items) for run, items in ((small, arguments.items // 10), (large, arguments.items))]
    print_runs([small, large], usages)
    print_quotas(large)
    print_keys(corpus, large)


def make_corpus(corpus: Path, scenes: int) -> tuple[Usage, Usage]:
    """Draws, copies and indexes; returns what drawing and indexing took."""
    corpus.mkdir(parents=True, exist_ok=True)
    log = corpus.with_suffix(".log")
    drawing = mifg(log, "corpus", "draw", "--count", scenes, "--seed", 1, "--out", corpus / "scenes")
    shutil.copytree(PHOTOS, corpus / "photos", dirs_exist_ok=True)
    return drawing, mifg(log, "corpus", "index", corpus)


def generate(corpus: Path, run: Path, items: int) -> Usage:
    """Makes a run with a quota of equal size for each family.

    Raises:
        SystemExit: If there is such a run already, which would be resumed, or the command fails.
    """
    if run.exists():
        raise SystemExit(f"{run} is there already: delete it, or name another folder.")
    names = families()
    shares = ", ".join(f"{name}: {1 / len(names)}" for name in names)
    quotas = ("--set", f"quotas.family={{{shares}}}")
    log = run.with_suffix(".log")
    return mifg(log, "generate", "--corpus", corpus, "--out", run, "--items", items, "--seed", 1, *quotas)


def mifg(log: Path, *arguments: object) -> Usage:
    """Runs a command of the package as users do, with its output in a file."""
    with log.open("a", encoding="utf-8") as output:
        command = [sys.executable, "-c", "from mifg_pipeline.cli import main; main()", *map(str, arguments)]
        return run_measured(command, watch_memory=True, output=output)


def print_runs(runs: list[Path], usages: list[Usage]) -> None:
    """Prints time, memory and size of the runs side by side."""
    counts = [max(1, sum(1 for _ in RunFolder(run).candidates())) for run in runs]
    sizes = [sum(path.stat().st_size for path in run.rglob("*") if path.is_file()) for run in runs]
    wall = [use.wall / count for use, count in zip(usages, counts, strict=True)]
    cpu = [use.cpu / count for use, count in zip(usages, counts, strict=True)]
    per_item = [size / count for size, count in zip(sizes, counts, strict=True)]
    memory = [f"{use.peak / 1e9:.2f}" for use in usages]
    table = Table("", *(run.name for run in runs), "allowed", box=None, pad_edge=False)
    table.add_row("accepted items", *(f"{count:,}" for count in counts))
    table.add_row("wall clock, min", *(f"{use.wall / 60:.1f}" for use in usages), f"under {MINUTES_ALLOWED}")
    table.add_row("CPU, min", *(f"{use.cpu / 60:.1f}" for use in usages))
    table.add_row("wall clock an item, ms", *(f"{seconds * 1e3:.0f}" for seconds in wall))
    table.add_row("CPU an item, ms", *(f"{seconds * 1e3:.0f}" for seconds in cpu))
    table.add_row("wall clock an item, ratio", "", f"{wall[1] / wall[0]:.2f}", f"at most {RATIO_ALLOWED}")
    table.add_row("CPU an item, ratio", "", f"{cpu[1] / cpu[0]:.2f}")
    table.add_row("peak memory of all processes, PSS, GB", *memory, f"under {GB_ALLOWED}")
    table.add_row("most processes at a time", *(str(use.processes) for use in usages))
    table.add_row("run folder, MB", *(f"{size / 1e6:,.0f}" for size in sizes))
    table.add_row("run folder, kB an item", *(f"{size / 1e3:.0f}" for size in per_item))
    OUTPUT.print(table, "")


def print_quotas(root: Path) -> None:
    """Prints what was asked and reached of each family."""
    table = Table("family", "asked", "reached", "why not", box=None, pad_edge=False)
    for outcome in quota_outcomes(root):
        if outcome.dimension == "family":
            table.add_row(outcome.value, str(outcome.asked), str(outcome.reached), outcome.why_not)
    OUTPUT.print(table, "")


def quota_outcomes(root: Path) -> list[QuotaOutcome]:
    """Asked and reached in a finished run."""
    run = RunFolder(root)
    manifest = run.read_manifest()
    with Ledger(run.ledger_path, read_only=True) as ledger:
        return asked_and_reached(manifest.settings, manifest.families_off, ledger)


def print_keys(corpus: Path, run: Path) -> None:
    """Prints what the independent check finds."""
    found = check_keys(corpus, run, PLANTED)
    table = Table("independent check", "measured", "allowed", box=None, pad_edge=False)
    table.add_row("items answered", f"{found.answered:,}")
    table.add_row("wrong keys", f"{len(found.wrong)}", "0")
    table.add_row("wrong keys planted", f"{found.planted}")
    table.add_row("planted wrong keys not found", f"{found.planted - found.found}", "0")
    for form, count in sorted(found.unknown.items()):
        table.add_row(f"not checked, form unknown to the check: {form}", f"{count}", "0")
    OUTPUT.print(table)
    for line in found.wrong[:20]:
        OUTPUT.print(f"wrong: {line}", highlight=False)


if __name__ == "__main__":
    main()
