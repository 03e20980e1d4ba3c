"""A trajectory as a step stores it: what was sampled, what it earned, and what the mask made of each token."""

from collections.abc import Sequence
from typing import Final

from torch import Tensor

from mifg_pipeline.imagent.trajectory import Trajectory
from mifg_pipeline.items import Record
from mifg_pipeline.train.step_batch import StepBatch

TRAJECTORIES: Final = "trajectories.jsonl"
"""Name of the file in the folder of a failed step."""


class TrainedTrajectory(Record):
    """One line of a step's trajectories.

    Attributes:
        step: Counted from 1.
        draw: Of the question, within the run; the trajectories of one draw are a group.
        trajectory: What was sampled.
        accuracy: Of the answer.
        reward: r.
        advantage: A; 0 where the group has no signal.
        buckets: ``Bucket`` of each token; empty where the step failed before that was known.
    """

    step: int
    draw: int
    trajectory: Trajectory
    accuracy: float
    reward: float
    advantage: float
    buckets: tuple[int, ...] = ()


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
