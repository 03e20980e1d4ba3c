"""What a step's trajectories did, as the row of metrics says it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from mifg_pipeline.engines.ledger import TokenKind
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.imagent.trajectory import Trajectory
from mifg_pipeline.train.reward import Rewarded


@dataclass(frozen=True)
class Conduct:
    """What one trajectory did.

    Attributes:
        end: How it ended.
        reward: With the gain for tool use.
        accuracy: Of the answer.
        calls: Attempts at a tool call.
        valid_calls: Those that returned an image.
        invalid: Reasons of its invalid actions.
        turns: Of the model.
        tokens: In all.
        sampled: Of them by the model.
        surprise: Sum of -log p of the sampled tokens under the sampler, in nats.
    """

    end: EndReason
    reward: float
    accuracy: float
    calls: int
    valid_calls: int
    invalid: tuple[str, ...]
    turns: int
    tokens: int
    sampled: int
    surprise: float


def conduct(trajectory: Trajectory, rewarded: Rewarded) -> Conduct:
    """What a trajectory did."""
    tracks = trajectory.tracks
    valid = sum(turn.action == "call" and turn.is_valid for turn in trajectory.turns)
    return Conduct(
        end=trajectory.end,
        reward=rewarded.reward,
        accuracy=rewarded.accuracy,
        calls=valid + sum(turn.action == "invalid" for turn in trajectory.turns),
        valid_calls=valid,
        invalid=tuple(turn.reason for turn in trajectory.turns if turn.action == "invalid" and turn.reason),
        turns=len(trajectory.turns),
        tokens=len(tracks.token_ids),
        sampled=sum(kind == TokenKind.SAMPLED for kind in tracks.kinds),
        surprise=-sum(tracks.logprobs),
    )


def step_figures(conducts: Sequence[Conduct]) -> dict[str, Any]:
    """Figures of a step over the trajectories of all ranks; None where there is nothing to measure.

    Rewards and accuracies are of the trajectories that the model itself brought to an end, or to a limit.
    ``entropy`` is the mean of -log p over the sampled tokens: without bias, and at no cost.
    """
    judged = [one for one in conducts if not one.end.is_interrupted]
    calls = sum(one.calls for one in conducts)
    sampled = sum(one.sampled for one in conducts)
    ends = Counter(one.end for one in conducts)
    invalid = Counter(reason for one in conducts for reason in one.invalid)
    return {
        "reward": _mean(one.reward for one in judged),
        "accuracy": _mean(one.accuracy for one in judged),
        "calls_per_trajectory": _mean(one.calls for one in conducts),
        "valid_calls": sum(one.valid_calls for one in conducts) / calls if calls else None,
        "right_with_tool": _mean(one.accuracy for one in judged if one.valid_calls),
        "right_without_tool": _mean(one.accuracy for one in judged if not one.valid_calls),
        "turns": _mean(one.turns for one in conducts),
        "tokens": _mean(one.tokens for one in conducts),
        "sampled_tokens": _mean(one.sampled for one in conducts),
        "entropy": sum(one.surprise for one in conducts) / sampled if sampled else None,
        **{f"ends.{end.value}": ends[end] for end in EndReason},
        **{f"invalid.{reason}": count for reason, count in sorted(invalid.items())},
    }


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return fmean(found) if found else None
