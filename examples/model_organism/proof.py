"""The learning proof: a clumsy base model, trained by `mifg train` and by nothing else, learns to use its tools.

    PYTHONPATH=examples python -m model_organism.proof runs/proof

It writes the task and the base model, plays held-out questions with the base as it is and with its first call forced to
the true box (the ceiling), trains, and plays the same questions again. What was done already is not done again.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console

from mifg_pipeline.config import TrainSettings, load_train_settings
from mifg_pipeline.train.data import load_questions
from mifg_pipeline.train.loop import train
from model_organism.base import BaseSize, write_base
from model_organism.curve import Curve, curves_svg
from model_organism.evaluate import Evaluation, Gap, evaluate, gap_closed
from model_organism.scenes import draw_items, write_dataset

SETTINGS = Path(__file__).with_name("organism.yaml")
EVALUATION_SEED = 7
DRAWN = ("accuracy", "calls_per_trajectory", "valid_calls")
"""Figures of the training that are drawn."""


@dataclass(frozen=True)
class ProofSize:
    """How large a proof is.

    Attributes:
        base: What the base stage teaches.
        train: Questions for the training.
        test: Held-out questions.
        samples: Episodes of each held-out question.
        steps: Of the training.
    """

    base: BaseSize
    train: int = 1000
    test: int = 300
    samples: int = 2
    steps: int = 120


FULL = ProofSize(BaseSize())


@dataclass(frozen=True)
class Proof:
    """What was found.

    Attributes:
        base: The base as it is.
        ceiling: The base, its first call forced to the true box.
        trained: The base after the training.
        gap: How much of the way from base to ceiling it went.
    """

    base: Evaluation
    ceiling: Evaluation
    trained: Evaluation
    gap: Gap


def prove(out: Path, seed: int, size: ProofSize, console: Console, overrides: tuple[str, ...] = ()) -> Proof:
    """Makes what is missing in a folder and evaluates.

    Args:
        out: Holds ``dataset``, ``base`` and ``run``, the folder of the training.
        seed: Of everything.
        size: Of everything.
        console: Where progress is shown.
        overrides: Further settings of the training, as ``key=value``.
    """
    settings = training_settings(out, seed, size.steps, overrides)
    out.mkdir(parents=True, exist_ok=True)
    write_task(out, seed, size)
    model = Path(settings.model.path)
    if not model.exists():
        write_base(model, settings.episode, seed, size.base, lambda line: console.print(line, highlight=False))
    questions = load_questions(settings.data.path, "test")
    base = evaluate(model, questions, settings.episode, size.samples, EVALUATION_SEED)
    ceiling = evaluate(model, questions, settings.episode, size.samples, EVALUATION_SEED, true_box=True)
    train(settings, console)
    trained = evaluate(newest_model(settings), questions, settings.episode, size.samples, EVALUATION_SEED)
    return Proof(base, ceiling, trained, gap_closed(base.accuracy, trained.accuracy, ceiling.accuracy))


def training_settings(out: Path, seed: int, steps: int, overrides: tuple[str, ...] = ()) -> TrainSettings:
    """Settings of the training in a proof's folder."""
    places = (f"model.path={out / 'base'}", f"data.path={out / 'dataset'}", f"out={out / 'run'}")
    return load_train_settings(SETTINGS.read_text(), [*places, f"seed={seed}", f"steps={steps}", *overrides])


def write_task(out: Path, seed: int, size: ProofSize) -> None:
    """Writes the dataset, unless it is there."""
    if not (out / "dataset").exists():
        counts = {"train": size.train, "test": size.test}
        write_dataset(out / "dataset", {split: draw_items(count, f"{split}/{seed}") for split, count in counts.items()})


def newest_model(settings: TrainSettings) -> Path:
    """The checkpoint after the last step of a finished training."""
    return settings.out / "checkpoints" / f"step-{settings.steps:06d}" / "model"


def rows_of(settings: TrainSettings) -> list[dict[str, Any]]:
    """The metrics of a training, step by step."""
    return [json.loads(line) for line in (settings.out / "metrics.jsonl").read_text().splitlines()]


def curve_of(settings: TrainSettings) -> str:
    """The curves of a training, as SVG."""
    rows = rows_of(settings)
    return curves_svg(
        {
            name.replace("_", " "): [Curve("training", np.array([[row[name] for row in rows]], dtype=np.float64))]
            for name in DRAWN
        }
    )


def table(proof: Proof) -> str:
    """What was found, in Markdown."""
    lines = [
        "| model | accuracy | episodes that looked | calls an episode | valid calls |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, found in (
        ("base", proof.base),
        ("base, its first call forced to the true box", proof.ceiling),
        ("trained", proof.trained),
    ):
        lines.append(
            f"| {name} | {found.accuracy.mean():.3f} | {found.looked:.2f} | {found.calls:.2f} "
            f"| {found.valid_calls:.2f} |"
        )
    closed = f"The training closed {proof.gap.closed:.0%} of the gap between the first two (lower 95 % bound: "
    return "\n".join([*lines, "", f"{closed}{proof.gap.lower:.0%})."])


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description="Proves that training teaches a clumsy model to use its tools.")
    parser.add_argument("out", type=Path, help="folder of the proof; what is there already is not made again")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--set", dest="overrides", action="append", default=[], help="a setting of the training, as key=value"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the order of sums, and so the curve, does not depend on the number of cores
    out, console, began = arguments.out, Console(stderr=True), time.monotonic()
    proof = prove(out, arguments.seed, FULL, console, tuple(arguments.overrides))
    minutes = (time.monotonic() - began) / 60
    found = f"{table(proof)}\n\nSeed {arguments.seed}, {minutes:.1f} minutes.\n"
    (out / "proof.md").write_text(found, encoding="utf-8")
    (out / "curve.svg").write_text(curve_of(training_settings(out, arguments.seed, FULL.steps)), encoding="utf-8")
    Console().print(found, markup=False, highlight=False)
    Console().print(f"The curve is in {out / 'curve.svg'}.", highlight=False)


if __name__ == "__main__":
    main()
