"""The lines that a step stores of its trajectories."""

from collections.abc import Sequence
from typing import Final

from torch import Tensor

from mifg_pipeline.imagent.trained_trajectory import TrainedTrajectory
from mifg_pipeline.train.step_batch import StepBatch

TRAJECTORIES: Final = "trajectories.jsonl"
"""Name of the file in the folder of a failed step."""


def trained_trajectories(step: int, batch: StepBatch, buckets: Tensor | None) -> Sequence[TrainedTrajectory]:
    """The lines of this rank's trajectories.

    Args:
        step: Counted from 1.
        batch: The step.
        buckets: Of its tokens, (M, T); None where the step failed.
    """
    return [
        TrainedTrajectory(
            step=step,
            draw=verdict.group,
            trajectory=played.trajectory,
            accuracy=verdict.rewarded.accuracy,
            reward=verdict.rewarded.reward,
            advantage=float(batch.advantages[row]),
            buckets=() if buckets is None else tuple(buckets[row, : batch.lengths[row]].tolist()),
        )
        for row, (played, verdict) in enumerate(zip(batch.played, batch.verdicts, strict=True))
    ]
