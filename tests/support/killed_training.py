"""Trains and kills its own process (-9) at one place of one step: ``killed_training.py PLACE STEP CONFIG``."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from mifg_pipeline.config import load_train_settings
from mifg_pipeline.train import checkpoints, loop
from mifg_pipeline.train.folder import TrainFolder
from mifg_pipeline.train.metrics import MetricsLog

PLACES: dict[str, tuple[Any, str]] = {
    "sampled": (loop, "step_batch"),
    "before-optimizer": (loop.Trainer, "_descend"),
    "before-trajectories": (TrainFolder, "write_trajectories"),
    "before-metrics": (MetricsLog, "append"),
    "before-checkpoint": (loop, "save_checkpoint"),
    "within-checkpoint": (checkpoints, "save_model"),
    "step-boundary": (loop.Trainer, "_sample"),
}
"""What is about to be called when the process dies."""


def kill_at(place: str, step: int) -> None:
    """Lets this process die when the function of that place is called for the ``step``-th time in this run folder."""
    owner, name = PLACES[place]
    original = getattr(owner, name)
    begin = loop.Trainer._step
    current = 0

    def counting(self: Any, state: Any) -> Any:
        nonlocal current
        current = state.step + 1
        return begin(self, state)

    def deadly(*args: Any, **kwargs: Any) -> Any:
        if current == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)

    loop.Trainer._step = counting  # type: ignore[method-assign]
    setattr(owner, name, deadly)


if __name__ == "__main__":
    kill_at(sys.argv[1], int(sys.argv[2]))
    loop.train(load_train_settings(Path(sys.argv[3]).read_text(encoding="utf-8"), []), Console(stderr=True))
