"""The study: what each part of the mask does, by training the same bases with it and without.

    PYTHONPATH=examples python -m model_organism.study runs/study [--arm NAME]... [--seeds 5] [--jobs 2]

One folder a run. A run that is finished is not run again, so that the study may be stopped and started at will; every
base is made once, and shared by all arms of its seed.
"""

import argparse
import json
import multiprocessing
import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path
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

LIMITS = ("over_turn", "over_length", "over_images", "turn_truncated")

LEVELS: tuple[dict[str, tuple[str, ...]], ...] = (
    {"": (), "action-both": ("mask.action=both",), "action-off": ("mask.action='off'",)},
    {"": (), "trajectory-on": ("mask.trajectory=true",)},
    {"": (), "baseline-finished": ("mask.baseline=finished",)},
)
"""The levels of the mask and the baseline, each as the trainer's default and otherwise; all combinations are run."""

FIXED_N = "loss.kind=dr_grpo"
"""Divides by the completion limit and not by the tokens that a mask leaves, which differ from arm to arm."""

OTHERS: dict[str, tuple[str, ...]] = {
    "observations-trained": ("mask.observations=false",),
    "no-gain": ("reward.tool_gain=0",),
    "gate-reward": ("advantage.gate=reward",),
    "fixed-n": (FIXED_N,),
    "action-both fixed-n": ("mask.action=both", FIXED_N),
    "action-off fixed-n": ("mask.action='off'", FIXED_N),
    "trajectory-on fixed-n": ("mask.trajectory=true", FIXED_N),
    "no-tools": ("episode.tools=false",),
}

TIGHT = "episode.max_tokens=64"
"""One look and the answer: with an invalid call, or a second look, the trajectory ends over its length."""

TIGHTENED = (
    "default",
    "action-off",
    "trajectory-on",
    "trajectory-on baseline-finished",
    "action-both trajectory-on baseline-finished",
)
"""Arms that are run with the tight limit as well."""


def _arms() -> Iterator[tuple[str, tuple[str, ...]]]:
    for chosen in product(*LEVELS):
        name = " ".join(filter(None, chosen)) or "default"
        changes = [change for level, part in zip(LEVELS, chosen, strict=True) for change in level[part]]
        yield name, tuple(changes)
        if name in TIGHTENED:
            yield f"{name}, tight", (*changes, TIGHT)
    yield from OTHERS.items()


ARMS = dict(_arms())
"""What each arm changes of ``organism.yaml``."""

FIGURES = ("accuracy", "valid_calls", "calls_per_trajectory", "sampled_tokens", "masked_out")
"""Of a step, as ``figures_of`` gives them."""

MASKED = tuple(f"tokens.{name}" for name in ("invalid_action", *LIMITS))
"""Sampled tokens that one of the mask's levels leaves out."""

GIVEN = ("tokens.prompt", "tokens.template", "tokens.observation")
"""Tokens that were not sampled."""

RESULT = "result.json"


class Found(NamedTuple):
    """What a finished run found.

    Attributes:
        arm: Of the study.
        seed: Of the run.
        accuracy: On held-out questions.
        base: The same of the base that it was trained from.
        ceiling: The same of that base, its first call forced to the true box.
        gap: Share of the way from base to ceiling.
        lower: Of the gap, the lower 95 % bound.
        minutes: What the run took, base and its evaluation left out.
    """

    arm: str
    seed: int
    accuracy: float
    base: float
    ceiling: float
    gap: float
    lower: float
    minutes: float


def run(out: Path, arm: str, seed: int, size: ProofSize) -> Found:
    """Makes one run of the study, unless it is finished.

    Args:
        out: Folder of the study.
        arm: A name in ``ARMS``.
        seed: Of task, base and training.
        size: Of all of them.
    """
    folder = folder_of(out, arm, seed)
    if (folder / RESULT).exists():
        return Found(**json.loads((folder / RESULT).read_text()))
    quiet = Console(quiet=True)
    settings = _settings(out, arm, seed, size)
    bases = base_of(out, seed, size)
    began = time.monotonic()
    train(settings, quiet)
    test = load_questions(settings.data.path, "test")
    trained = evaluate(newest_model(settings), test, settings.episode, size.samples, EVALUATION_SEED)
    gap = gap_closed(bases["base"], trained.accuracy, bases["ceiling"])
    found = Found(
        arm=arm,
        seed=seed,
        accuracy=float(trained.accuracy.mean()),
        base=float(bases["base"].mean()),
        ceiling=float(bases["ceiling"].mean()),
        gap=gap.closed,
        lower=gap.lower,
        minutes=(time.monotonic() - began) / 60,
    )
    (folder / RESULT).write_text(json.dumps(found._asdict(), indent=1), encoding="utf-8")
    return found


def base_of(out: Path, seed: int, size: ProofSize) -> dict[str, NDArray[np.float64]]:
    """Makes task and base of a seed, and plays the held-out questions with it, unless that was done.

    Base and ceiling are those of the default arm, whatever an arm changes.

    Args:
        out: Folder of the study.
        seed: Of task and base.
        size: Of both.

    Returns:
        Accuracy of each question, of the ``base`` as it is and with the true box (``ceiling``).
    """
    folder = _base_folder(out, seed)
    known = folder / "base.json"
    if not known.exists():
        folder.mkdir(parents=True, exist_ok=True)
        settings = training_settings(folder, seed, size.steps)
        write_task(folder, seed, size)
        if not (folder / "base").exists():
            write_base(folder / "base", settings.episode, seed, size.base, lambda _: None)
        test = load_questions(settings.data.path, "test")
        found = {
            name: evaluate(folder / "base", test, settings.episode, size.samples, EVALUATION_SEED, true_box=true_box)
            for name, true_box in (("base", False), ("ceiling", True))
        }
        known.write_text(json.dumps({name: one.accuracy.tolist() for name, one in found.items()}), encoding="utf-8")
    return {name: np.array(values) for name, values in json.loads(known.read_text()).items()}


def figures_of(out: Path, arm: str, seed: int, size: ProofSize) -> list[dict[str, float | None]]:
    """``FIGURES`` of every step of a finished run; None where a step has none.

    ``masked_out`` is the share of sampled tokens that a level of the mask leaves out. Tokens of groups without signal
    are not among them.
    """
    return [
        {**{name: row[name] for name in FIGURES[:-1]}, FIGURES[-1]: _masked_out(row)}
        for row in rows_of(_settings(out, arm, seed, size))
    ]


def folder_of(out: Path, arm: str, seed: int) -> Path:
    """Of one run."""
    return out / arm.replace(",", "").replace(" ", "_") / f"seed-{seed}"


def _settings(out: Path, arm: str, seed: int, size: ProofSize) -> TrainSettings:
    overrides = (*ARMS[arm], f"out={folder_of(out, arm, seed) / 'run'}")
    return training_settings(_base_folder(out, seed), seed, size.steps, overrides)


def _base_folder(out: Path, seed: int) -> Path:
    return out / "bases" / f"seed-{seed}"


def _masked_out(row: Mapping[str, Any]) -> float | None:
    sampled = sum(count for name, count in row.items() if name.startswith("tokens.") and name not in GIVEN)
    return sum(row[name] for name in MASKED) / sampled if sampled else None


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description="Trains every arm of the study, seed by seed.")
    parser.add_argument("out", type=Path, help="folder of the study; finished runs in it are not run again")
    parser.add_argument("--arm", action="append", choices=list(ARMS), help="may be repeated; all arms if left out")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="runs at a time, a core each")
    arguments = parser.parse_args()
    out, seeds, arms = arguments.out, range(arguments.seeds), arguments.arm or list(ARMS)
    console = Console(stderr=True, highlight=False)
    # Spawned: a process that torch has computed in may not be forked. One thread: the order of sums, and so the curve,
    # does not depend on the number of cores.
    with ProcessPoolExecutor(
        arguments.jobs, multiprocessing.get_context("spawn"), torch.set_num_threads, (1,)
    ) as workers:
        for seed, bases in zip(seeds, workers.map(partial(base_of, out, size=FULL), seeds), strict=True):
            console.print(f"seed {seed}: base {bases['base'].mean():.3f}, ceiling {bases['ceiling'].mean():.3f}")
        # Seed by seed: a study that is stopped early has all arms of some seeds.
        runs = [(arm, seed) for seed in seeds for arm in arms]
        for found in workers.map(partial(_run, out), runs):
            console.print(f"seed {found.seed}, {found.arm}: accuracy {found.accuracy:.3f}, {found.minutes:.1f} minutes")


def _run(out: Path, arm_and_seed: tuple[str, int]) -> Found:
    return run(out, *arm_and_seed, FULL)


if __name__ == "__main__":
    main()
