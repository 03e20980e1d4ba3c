"""A trajectory as a step stores it: what was sampled, what it earned, and what the mask made of each token."""

from mifg_pipeline.imagent.trajectory import Trajectory
from mifg_pipeline.items import Record


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
