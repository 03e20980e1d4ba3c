"""The study: what each part of the mask does, by training the same bases with it and without.

    PYTHONPATH=examples python -m model_organism.study runs/study [--arm NAME]... [--seeds 5]

One folder a run. A run that is finished is not run again, so that the study may be stopped and started at will; every
base is made once, and shared by all arms of its seed.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console

from mifg_pipeline.config import TrainSettings
from mifg_pipeline.train.data import load_questions
from mifg_pipeline.train.loop import train
from model_organism.base import write_base
from model_organism.evaluate import evaluate, gap_closed
from model_organism.proof import EVALUATION_SEED, FULL, ProofSize, newest_model, rows_of, training_settings, write_task

FIXED_N = "loss.kind=dr_grpo"
"""Divides by the completion limit and not by the tokens that a mask leaves, which differ from arm to arm."""

ARMS: dict[str, tuple[str, ...]] = {
    "default": (),
    "action-positive-only": ("mask.action=positive_only",),
    "action-off": ("mask.action='off'",),
    "trajectory-off": ("mask.trajectory=false",),
    "trajectory-off-baseline-all": ("mask.trajectory=false", "mask.baseline=all"),
    "trajectory-on-baseline-all": ("mask.baseline=all",),
    "observations-trained": ("mask.observations=false",),
    "no-gain": ("reward.tool_gain=0",),
    "gain-gated-by-reward": ("advantage.gate=reward",),
    "default-fixed-n": (FIXED_N,),
    "action-off-fixed-n": ("mask.action='off'", FIXED_N),
    "trajectory-off-fixed-n": ("mask.trajectory=false", FIXED_N),
    "no-tools": ("episode.tools=false",),
}
"""What each arm changes of ``organism.yaml``."""

FIGURES = ("accuracy", "valid_calls", "calls_per_trajectory", "masked", "sampled_tokens")
RESULT = "result.json"


class Found(NamedTuple):
    """What a finished run found.

    Attributes:
        arm: Of the study.
        seed: Of the run.
        accuracy: On held-out questions.
        gap: Share of the way from base to ceiling.
        lower: Of the gap, the lower 95 % bound.
        last: Means of ``FIGURES`` over the last third of the training.
    """

    arm: str
    seed: int
    accuracy: float
    gap: float
    lower: float
    last: dict[str, float | None]


def run(out: Path, arm: str, seed: int, size: ProofSize, console: Console) -> Found:
    """Makes one run of the study, unless it is finished.

    Args:
        out: Folder of the study.
        arm: A name in ``ARMS``.
        seed: Of task, base and training.
        size: Of all of them.
        console: Where progress is shown.
    """
    folder = out / arm / f"seed-{seed}"
    if (folder / RESULT).exists():
        return Found(**json.loads((folder / RESULT).read_text()))
    began = time.monotonic()
    shared = out / "bases" / f"seed-{seed}"
    settings = training_settings(shared, seed, size.steps, (*ARMS[arm], f"out={folder / 'run'}"))
    bases = _shared(shared, settings, seed, size, console)
    train(settings, console)
    test = load_questions(settings.data.path, "test")
    trained = evaluate(newest_model(settings), test, settings.episode, size.samples, EVALUATION_SEED)
    gap = gap_closed(bases["base"], trained.accuracy, bases["ceiling"])
    rows = rows_of(settings)
    last = {name: _mean(rows[-len(rows) // 3 :], name) for name in FIGURES}
    found = Found(arm, seed, float(trained.accuracy.mean()), gap.closed, gap.lower, last)
    minutes = (time.monotonic() - began) / 60
    console.print(f"{arm}, seed {seed}: accuracy {found.accuracy:.3f}, {minutes:.1f} minutes", highlight=False)
    (folder / RESULT).write_text(json.dumps(found._asdict(), indent=1), encoding="utf-8")
    return found


def table(results: Sequence[Found]) -> str:
    """Arm by arm, mean and standard deviation over the seeds, in Markdown."""
    head = ("arm", "seeds", "held-out accuracy", "gap closed", *(name.replace("_", " ") for name in FIGURES))
    lines = [f"| {' | '.join(head)} |", "| --- " * len(head) + "|"]
    for arm in dict.fromkeys(found.arm for found in results):
        runs = [found for found in results if found.arm == arm]
        columns: list[list[float | None]] = [[found.accuracy for found in runs], [found.gap for found in runs]]
        columns += [[found.last[name] for found in runs] for name in FIGURES]
        lines.append(f"| {arm} | {len(runs)} | {' | '.join(map(_spread, columns))} |")
    return "\n".join(lines)


def _shared(
    folder: Path, settings: TrainSettings, seed: int, size: ProofSize, console: Console
) -> dict[str, NDArray[np.float64]]:
    """Makes task and base of a seed, and plays the held-out questions with it, unless that was done.

    Base and ceiling are those of the default arm, whatever the arm changes.

    Returns:
        Accuracy of each question, of the base as it is and with the true box.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_task(folder, seed, size)
    if not (folder / "base").exists():
        write_base(
            folder / "base", settings.episode, seed, size.base, lambda line: console.print(line, highlight=False)
        )
    known = folder / "base.json"
    if not known.exists():
        episode = training_settings(folder, seed, size.steps).episode
        test = load_questions(folder / "dataset", "test")
        found = {
            name: evaluate(folder / "base", test, episode, size.samples, EVALUATION_SEED, true_box=true_box)
            for name, true_box in (("base", False), ("ceiling", True))
        }
        known.write_text(json.dumps({name: one.accuracy.tolist() for name, one in found.items()}), encoding="utf-8")
    return {name: np.array(values) for name, values in json.loads(known.read_text()).items()}


def _mean(rows: Sequence[dict[str, Any]], name: str) -> float | None:
    values = [row[name] for row in rows if row[name] is not None]
    return fmean(values) if values else None


def _spread(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "—"
    return f"{fmean(known):.3f} ± {stdev(known):.3f}" if len(known) > 1 else f"{known[0]:.3f}"


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description="Trains every arm of the study, seed by seed, and prints its table.")
    parser.add_argument("out", type=Path, help="folder of the study; finished runs in it are not run again")
    parser.add_argument("--arm", action="append", choices=list(ARMS), help="may be repeated; all arms if left out")
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the order of sums, and so the curve, does not depend on the number of cores
    console = Console(stderr=True)
    # Seed by seed: a study that is stopped early has all arms of some seeds.
    results = [
        run(arguments.out, arm, seed, FULL, console) for seed in range(arguments.seeds) for arm in arguments.arm or ARMS
    ]
    found = f"{table(results)}\n"
    (arguments.out / "study.md").write_text(found, encoding="utf-8")
    Console().print(found, markup=False, highlight=False)


if __name__ == "__main__":
    main()
