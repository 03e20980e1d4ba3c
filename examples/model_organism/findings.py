"""What the study found: a table, curves, and the raw figures in a file small enough to keep.

    PYTHONPATH=examples python -m model_organism.findings runs/study docs/learning_proof

Reads the finished runs of a study; arms that lack some are left out, and named.
"""

import argparse
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
import transformers
from numpy.typing import NDArray
from rich.console import Console

from model_organism.curve import Curve, curves_svg
from model_organism.proof import FULL, ProofSize
from model_organism.study import ARMS, FIGURES, RESULT, Found, figures_of, folder_of, run

COMPARISONS = {
    "levels": ("default", "action-both trajectory-on baseline-finished", "action-off"),
    "action": ("default", "action-both", "action-off"),
    "trajectory": ("default", "trajectory-on", "baseline-finished", "trajectory-on baseline-finished"),
    "fixed-n": ("fixed-n", "action-both fixed-n", "action-off fixed-n", "trajectory-on fixed-n"),
    "others": ("default", "observations-trained", "no-gain", "gate-reward", "no-tools"),
    "tight": ("default, tight", "trajectory-on, tight", "action-both trajectory-on baseline-finished, tight"),
}
"""Arms that are drawn together."""

RUNS, STEPS, SEEDS, TABLE, MACHINE = "runs.parquet", "steps.parquet", "seeds.md", "arms.md", "machine.txt"

Steps = dict[str, NDArray[np.float64]]
"""Figures of an arm, each (R, T) for its R runs and T steps; not a number where a step has none."""


def steps_of(out: Path, arm: str, seeds: Sequence[int], size: ProofSize) -> Steps:
    """The figures of all runs of an arm."""
    rows = [figures_of(out, arm, seed, size) for seed in seeds]
    return {name: np.array([[row[name] for row in run] for run in rows], dtype=np.float64) for name in FIGURES}


def table(found: Mapping[str, Sequence[Found]], steps: Mapping[str, Steps]) -> str:
    """Arm by arm in Markdown: means over the seeds, ± their standard deviation; ``lowest`` is that of the worst seed.

    Figures of the training are means over its last quarter. ``drift`` is how much further they are than in the quarter
    before, of calls and of valid calls.
    """
    head = ("arm", "held-out accuracy", "lowest", "gap closed", "lowest", "calls", "drift", "valid calls", "drift")
    head += ("masked out", "sampled tokens")
    lines = [f"| {' | '.join(head)} |", "| --- " * len(head) + "|"]
    for arm, runs in found.items():
        accuracy, gap = [run.accuracy for run in runs], [run.gap for run in runs]
        calls, valid = (steps[arm][name] for name in ("calls_per_trajectory", "valid_calls"))
        cells = (
            arm,
            _spread(accuracy),
            f"{min(accuracy):.2f}",
            f"{fmean(gap):.0%}",
            f"{min(gap):.0%}",
            *(_with_drift(calls)),
            *(_with_drift(valid)),
            *(f"{_last(steps[arm]['masked_out'], 0):.1%}", f"{_last(steps[arm]['sampled_tokens'], 0):.1f}"),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def seeds_table(runs: Sequence[Found]) -> str:
    """The runs of one arm, seed by seed, in Markdown; ``lower`` is the lower 95 % bound of the gap that was closed."""
    lines = ["| seed | base | ceiling | trained | gap closed | lower |", "| --- " * 6 + "|"]
    lines += [
        f"| {run.seed} | {run.base:.3f} | {run.ceiling:.3f} | {run.accuracy:.3f} | {run.gap:.0%} | {run.lower:.0%} |"
        for run in runs
    ]
    return "\n".join(lines)


def machine() -> str:
    """What the study ran with, in a line."""
    versions = f"Python {platform.python_version()}, torch {torch.__version__}, transformers {transformers.__version__}"
    return f"{versions}; {platform.system()} {platform.machine()}, {os.cpu_count()} cores, one thread a run."


def _spread(values: Sequence[float]) -> str:
    return f"{fmean(values):.3f} ± {stdev(values):.3f}" if len(values) > 1 else f"{values[0]:.3f}"


def _with_drift(values: NDArray[np.float64]) -> tuple[str, str]:
    last, before = _last(values, 0), _last(values, 1)
    return ("–", "–") if np.isnan(last) else (f"{last:.2f}", f"{last - before:+.2f}")


def _last(values: NDArray[np.float64], quarters: int) -> float:
    """Mean over the last quarter of the steps, or over the one so many before; not a number where none has a value."""
    quarter = max(1, values.shape[1] // 4)
    end = values.shape[1] - quarters * quarter
    chosen = values[:, max(0, end - quarter) : end]
    return float("nan") if np.isnan(chosen).all() else float(np.nanmean(chosen))


def write_findings(out: Path, folder: Path, seeds: Sequence[int], size: ProofSize) -> list[str]:
    """Writes table, curves and raw figures of the arms that are finished.

    Args:
        out: Folder of the study.
        folder: What is written goes here.
        seeds: Of the runs that an arm needs.
        size: Of the study.

    Returns:
        The arms that are not finished.
    """
    finished = [arm for arm in ARMS if all((folder_of(out, arm, seed) / RESULT).exists() for seed in seeds)]
    found = {arm: [run(out, arm, seed, size) for seed in seeds] for arm in finished}
    steps = {arm: steps_of(out, arm, seeds, size) for arm in finished}
    folder.mkdir(parents=True, exist_ok=True)
    minutes = fmean(one.minutes for runs in found.values() for one in runs)
    (folder / SEEDS).write_text(f"{seeds_table(found['default'])}\n", encoding="utf-8")
    (folder / TABLE).write_text(f"{table(found, steps)}\n", encoding="utf-8")
    (folder / MACHINE).write_text(f"{machine()} {minutes:.1f} minutes a run on average.\n", encoding="utf-8")
    for name, arms in COMPARISONS.items():
        drawn = [arm for arm in arms if arm in steps]
        if drawn:
            panels = {figure.replace("_", " "): [Curve(arm, steps[arm][figure]) for arm in drawn] for figure in FIGURES}
            (folder / f"{name}.svg").write_text(curves_svg(panels), encoding="utf-8")
    pq.write_table(pa.Table.from_pylist([one._asdict() for runs in found.values() for one in runs]), folder / RUNS)
    pq.write_table(_long(steps, seeds), folder / STEPS, compression="zstd")
    return [arm for arm in ARMS if arm not in finished]


def _long(steps: Mapping[str, Steps], seeds: Sequence[int]) -> pa.Table:
    """One row a step."""
    columns: dict[str, list[object]] = {name: [] for name in ("arm", "seed", "step", *FIGURES)}
    for arm, figures in steps.items():
        runs, count = figures[FIGURES[0]].shape
        columns["arm"] += [arm] * (runs * count)
        columns["seed"] += [seed for seed in seeds for _ in range(count)]
        columns["step"] += [*range(1, count + 1)] * runs
        for name in FIGURES:
            columns[name] += [None if np.isnan(value) else float(value) for value in figures[name].flatten()]
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    types = [pa.field(name, pa.float32() if name in FIGURES else table[name].type) for name in columns]
    return table.cast(pa.schema(types))


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description="Writes what a study found.")
    parser.add_argument("study", type=Path, help="folder of the study")
    parser.add_argument("out", type=Path, help="folder for table, curves and figures")
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    missing = write_findings(arguments.study, arguments.out, range(arguments.seeds), FULL)
    console = Console(highlight=False, soft_wrap=True)
    for name in (SEEDS, TABLE, MACHINE):
        console.print((arguments.out / name).read_text(encoding="utf-8"), markup=False)
    if missing:
        console.print(f"Not finished, and left out: {', '.join(missing)}.")


if __name__ == "__main__":
    main()
