"""Measures the update phase of our trainer beside that of TRL's GRPO trainer, on the same trajectories.

Both load the same Qwen2.5-VL in float32 and train its language model, the vision tower frozen, with gradient
checkpointing, on groups of eight trajectories of two turns over three photographs and a crop each: prompt, completion
and mask are the same, token by token, and four trajectories share a forward pass. The trajectories are there already;
both compute their log-probabilities of before the first update, and then update twice (loss, gradients, clipping,
AdamW), by their own code: our ``Trainer._update`` and TRL's ``GRPOTrainer.train``. That both do equal work show the
loss and the gradient norm of the second update, which hang on all that came before. Preparing the images is part of
our update; TRL is given theirs, for it prepares them while it plays.

Two shapes of model: ``head`` has the real vocabulary over a small model, so that its head outweighs all else; in
``balanced`` head, layers and vision tower stand to each other as in Qwen2.5-VL-3B, and the gain is nearer to what it is
there on devices without Triton.

Where the difference comes from show arms of ours that do one thing as TRL does it, and an arm of TRL that scores
completions alone, which it does by itself on devices with Triton:

- positions: TRL's head reads every position off Triton; ours those that are trained.
- images: TRL computes the features of an image for every trajectory that shows it; ours once in a forward pass.
- mask: TRL pads prompts on the left, and so has to mask attention; ours pads on the right, so that attention is causal
  and its kernel skips half of the work.
- logits: ours holds a few megabytes of logits at a time, in place of those of a whole forward pass. TRL's tiles are
  4,096 positions by 32,768 words, several of them at a time.

What is left beyond these: TRL computes entropies with the log-probabilities, and takes more passes over each tile.

Every arm is a fresh process; the two trainers take turns. Memory is the peak of the resident set above that after the
model was loaded. TRL runs in `.venv-trl`, which `make test-peers` makes.

    python benchmarks/grpo/run.py --folder runs/grpo
    python benchmarks/grpo/run.py --folder runs/grpo --shape balanced
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from machine import print_header
from measuring import Measured
from rich.console import Console
from rich.table import Table
from shapes import GROUPS, UPDATES
from workload import REPOSITORY, write_workload

HERE = Path(__file__).parent
TRL_PYTHON = REPOSITORY / ".venv-trl" / "bin" / "python"

OURS, TRL = "ours", "TRL"
ARMS: dict[str, tuple[str, ...]] = {
    OURS: (sys.executable, "arm_ours.py"),
    TRL: (str(TRL_PYTHON), "arm_trl.py"),
    "TRL, scoring completions alone": (str(TRL_PYTHON), "arm_trl.py", "scored"),
    "ours, scoring every position": (sys.executable, "arm_ours.py", "positions"),
    "ours, each image every time": (sys.executable, "arm_ours.py", "images"),
    "ours, attention with a mask": (sys.executable, "arm_ours.py", "mask"),
    "ours, all logits at a time": (sys.executable, "arm_ours.py", "logits"),
}
"""Interpreter, script and variants."""

LEAST_PACE, MOST_MEMORY, MOST_DISTANCE = 1.5, 0.7, 1e-4

OUTPUT = Console(width=140, highlight=False)


def main() -> int:
    """Runs the arms by turns and says how ours compares."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--folder", type=Path, required=True, help="for model and trajectories; made anew")
    parser.add_argument("--shape", choices=sorted(GROUPS), default="head", help="of the model")
    parser.add_argument("--rounds", type=int, default=3, help="of the two trainers; the other arms run once")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of each arm")
    arguments = parser.parse_args()
    if not TRL_PYTHON.exists():
        raise SystemExit("There is no .venv-trl; `make test-peers` makes it.")
    print_header("torch", "transformers")
    folder = arguments.folder.resolve() / arguments.shape
    shutil.rmtree(folder, ignore_errors=True)
    write_workload(folder, arguments.shape, GROUPS[arguments.shape])
    trials: dict[str, list[Measured]] = {arm: [] for arm in ARMS}
    for number in range(arguments.rounds):
        for arm in ARMS if number == 0 else (OURS, TRL):
            trials[arm].append(_run(arm, folder, arguments.threads))
    _print_trials(trials)
    return 0 if _print_verdicts(trials) else 1


def _run(arm: str, folder: Path, threads: int) -> Measured:
    """Runs an arm in a process of its own.

    Raises:
        SystemExit: If it fails.
    """
    python, script, *variants = ARMS[arm]
    result, log = folder / "result.json", folder / "arm.log"
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1"}
    with log.open("w") as output:
        command = [python, "-W", "ignore", str(HERE / script), str(folder), str(result), *variants]
        if subprocess.run(command, env=environment, stdout=output, stderr=subprocess.STDOUT).returncode:
            raise SystemExit(f"The arm {arm!r} failed; see {log}.")
    return Measured.read(result)


def _print_trials(trials: dict[str, list[Measured]]) -> None:
    headings = ("tokens/s", "tokens/CPU s", "memory MB", "loss", "gradient norm", "trained tokens", "passes")
    table = Table("arm", *headings, box=None, pad_edge=False)
    for arm, of_arm in trials.items():
        last = of_arm[-1]
        table.add_row(
            arm,
            _spread([_tokens(trial) / trial.wall for trial in of_arm], 0),
            _spread([_tokens(trial) / trial.cpu for trial in of_arm], 0),
            _spread([trial.memory / 1e6 for trial in of_arm], 0),
            f"{last.loss:.6f}",
            f"{last.grad_norm:.5f}",
            f"{last.trained:,} of {last.tokens:,}",
            f"{last.micro_batches}",
        )
    OUTPUT.print(table, "")
    for arm in (OURS, TRL):
        parts = {part: statistics.median(trial.parts[part] for trial in trials[arm]) for part in trials[arm][0].parts}
        OUTPUT.print(f"{arm}, seconds: " + ", ".join(f"{part} {seconds:.2f}" for part, seconds in parts.items()))
    OUTPUT.print()


def _print_verdicts(trials: dict[str, list[Measured]]) -> bool:
    """Prints how ours compares; whether all that is wanted is reached."""
    ours, trl = trials[OURS], trials[TRL]
    wall, cpu, memory = (
        statistics.median(of_trl) / statistics.median(of_ours)
        for of_ours, of_trl in (
            ([trial.wall for trial in ours], [trial.wall for trial in trl]),
            ([trial.cpu for trial in ours], [trial.cpu for trial in trl]),
            ([trial.memory for trial in ours], [trial.memory for trial in trl]),
        )
    )
    distance = max(abs(one.loss - other.loss) for one in ours for other in trl)
    equal = all(
        (one.trained, one.tokens, one.micro_batches) == (other.trained, other.tokens, other.micro_batches)
        for one in ours
        for other in trl
    )
    table = Table("ours beside TRL", "measured", "wanted", box=None, pad_edge=False)
    table.add_row("tokens/s, times those of TRL", f"{wall:.2f}", f"at least {LEAST_PACE}")
    table.add_row("tokens per CPU second, times those of TRL", f"{cpu:.2f}")
    table.add_row("memory, of that of TRL", f"{1 / memory:.2f}", f"at most {MOST_MEMORY}")
    table.add_row("largest distance of the losses", f"{distance:.1e}", f"at most {MOST_DISTANCE:.0e}")
    table.add_row("the same tokens read and trained, in as many passes", "yes" if equal else "no", "yes")
    OUTPUT.print(table)
    return wall >= LEAST_PACE and 1 / memory <= MOST_MEMORY and distance <= MOST_DISTANCE and equal


def _tokens(trial: Measured) -> int:
    """Tokens of all updates; the pass before the first one comes on top in both arms."""
    return UPDATES * trial.tokens


def _spread(values: Sequence[float], digits: int) -> str:
    ordered = sorted(values)
    median = f"{statistics.median(ordered):,.{digits}f}"
    return median if len(ordered) == 1 else f"{median} ({ordered[0]:,.{digits}f} to {ordered[-1]:,.{digits}f})"


if __name__ == "__main__":
    sys.exit(main())
