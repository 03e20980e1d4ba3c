"""What a trajectory earns."""

from dataclasses import dataclass

from mifg_pipeline.config.train import RewardSettings
from mifg_pipeline.imagent.question import Question
from mifg_pipeline.imagent.trajectory import Trajectory, TurnRecord
from mifg_pipeline.items import Box
from mifg_pipeline.scoring import score_text


@dataclass(frozen=True)
class Rewarded:
    """A trajectory's score.

    Attributes:
        accuracy: Of its answer, from 0 to 1; 0 where it gave none.
        reward: r, what the advantage is made of.
    """

    accuracy: float
    reward: float

    @property
    def is_right(self) -> bool:
        """Whether the answer is wholly right."""
        return self.accuracy == 1.0


def reward(trajectory: Trajectory, question: Question, settings: RewardSettings) -> Rewarded:
    """``r = accuracy + tool_gain * accuracy * [a valid call returned an image]``.

    A trajectory without an answer earns 0, however it ended. Invalid calls cost nothing here: a penalty within r would
    fall on the valid tokens of the trajectory as well.

    Args:
        trajectory: A finished episode.
        question: What it was asked, with the key.
        settings: The gain, and what earns it.

    Raises:
        ValueError: If the question has no key.
    """
    if question.answer is None:
        raise ValueError(f"question {question.key} has no key, so that no answer to it can be rewarded")
    if trajectory.answer is None:
        return Rewarded(0.0, 0.0)
    accuracy = score_text(question.answer, question.options, trajectory.answer)
    gain = settings.tool_gain * _earns_gain(trajectory, question, settings)
    return Rewarded(accuracy, accuracy + gain * accuracy)


def _earns_gain(trajectory: Trajectory, question: Question, settings: RewardSettings) -> bool:
    looked = [turn for turn in trajectory.turns if turn.view is not None]
    if settings.gain_needs_evidence:
        looked = [turn for turn in looked if _meets_evidence(turn, question)]
    return bool(looked)


def _meets_evidence(turn: TurnRecord, question: Question) -> bool:
    """Whether the turn's crop shows some of an evidence region."""
    return turn.box is not None and any(
        region.image == turn.image and _overlap(region.bbox, turn.box) for region in question.evidence
    )


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
