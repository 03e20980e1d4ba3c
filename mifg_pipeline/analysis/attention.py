"""Where the model attends when it writes: shares of question images, tool images, text and its own output, by turn."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from enum import IntEnum
from statistics import fmean

import torch
from torch import Tensor

from mifg_pipeline.analysis.pooled_attention import pooled_attention
from mifg_pipeline.analysis.source import Source
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.ledger import TokenKind, Tracks
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.imagent.trained_trajectory import TrainedTrajectory
from mifg_pipeline.report.bootstrap import Interval, mean_interval
from mifg_pipeline.train.policy import Policy
from mifg_pipeline.train.token_batch import token_batch


class Attended(IntEnum):
    """What a token is to the model that attends to it."""

    QUESTION_IMAGES = 0
    TOOL_IMAGES = 1
    TEXT = 2
    """Prompt, chat template and texts of observations."""
    OWN_OUTPUT = 3


@dataclass(frozen=True)
class Shares:
    """How attention is shared out; adds up to 1. The fields are those of ``Attended``, in its order."""

    question_images: float
    tool_images: float
    text: float
    own_output: float

    @property
    def images(self) -> float:
        """Of all images."""
        return self.question_images + self.tool_images

    @classmethod
    def mean(cls, shares: Sequence["Shares"]) -> "Shares":
        """The mean of each share; there is at least one."""
        return cls(*(fmean(values) for values in zip(*map(astuple, shares), strict=True)))


@dataclass(frozen=True)
class Attention:
    """The attention of some tokens.

    Attributes:
        all_layers: Mean over the layers of the language model and their heads.
        last_third: Mean over the last third of the layers.
        in_sight: What it would be if all tokens in sight got the same: their shares by number.
    """

    all_layers: Shares
    last_third: Shares
    in_sight: Shares

    @classmethod
    def mean(cls, parts: Sequence["Attention"]) -> "Attention":
        """The mean of each; there is at least one."""
        columns = zip(*((part.all_layers, part.last_third, part.in_sight) for part in parts), strict=True)
        return cls(*map(Shares.mean, columns))


@dataclass(frozen=True)
class TurnAttention:
    """The attention of one turn, as the mean over its tokens.

    Attributes:
        turn: Counted from 1.
        tokens: That the model sampled.
        action: ``answer``, ``call``, ``invalid`` or ``none``.
        has_looked: Whether the turn's call brought an image.
        attention: When the tokens were sampled.
    """

    turn: int
    tokens: int
    action: str
    has_looked: bool
    attention: Attention


@dataclass(frozen=True)
class TrajectoryAttention:
    """The attention of one trajectory.

    Attributes:
        question: Key of the question.
        sample: Index among its trajectories.
        end: How it ended.
        turns: In order, those without a token left out.
    """

    question: str
    sample: int
    end: str
    turns: tuple[TurnAttention, ...]


@dataclass(frozen=True)
class TurnMean:
    """A turn over all trajectories that have it.

    Attributes:
        turn: Counted from 1.
        trajectories: That have it.
        attention: Their mean.
    """

    turn: int
    trajectories: int
    attention: Attention


@dataclass(frozen=True)
class CallMean:
    """The turns around a call that brought an image, over all trajectories that have both.

    Attributes:
        call: Counted from 1.
        trajectories: That have it.
        before: Mean of the turns that called.
        after: Mean of the turns that follow, with the tool's image in sight.
        images_gained: Share of all images after the call less that before, in all layers; intervals by question.
    """

    call: int
    trajectories: int
    before: Attention
    after: Attention
    images_gained: Interval


@dataclass(frozen=True)
class AttentionSummary:
    """What all trajectories say together.

    Attributes:
        by_turn: In the order of turns.
        by_call: In the order of calls.
    """

    by_turn: tuple[TurnMean, ...]
    by_call: tuple[CallMean, ...]


def has_sampled(line: TrainedTrajectory) -> bool:
    """Whether the model sampled any token."""
    return TokenKind.SAMPLED in line.trajectory.tracks.kinds


def attention_of(source: Source, policy: Policy, on_done: Callable[[], None]) -> Iterator[TrajectoryAttention]:
    """Replays each trajectory once and yields its attention.

    Args:
        source: Trajectories with sampled tokens.
        policy: The model.
        on_done: Called after each trajectory.
    """
    chat_format = ChatFormat.load(policy.chat_folder)
    vision_inputs = VisionInputs(chat_format.image_processor)
    for line in source.lines:
        tracks = source.tracks(line, chat_format)
        yield _by_turn(line, tracks, attention_shares(policy, tracks, vision_inputs))
        on_done()


@torch.no_grad()
def attention_shares(policy: Policy, tracks: Tracks, vision_inputs: VisionInputs) -> Tensor:
    """The attention with which each token of a trajectory was sampled: that of the position before it.

    Args:
        policy: The model.
        tracks: Of the trajectory.
        vision_inputs: Of the model's family.

    Returns:
        (layers, sampled tokens, ``Attended``) float32; the last dimension adds up to 1.
    """
    sampled = torch.tensor([[kind == TokenKind.SAMPLED for kind in tracks.kinds]])
    batch = token_batch([0], [tracks], sampled, vision_inputs, policy.merge_size).to(policy.device)
    rows = sampled[0].nonzero().flatten() - 1
    with pooled_attention(policy.model, rows, attended(tracks), len(Attended)) as shares:
        policy(batch, temperature=1.0)
    return torch.stack(shares)


def attended(tracks: Tracks) -> Tensor:
    """What each token is, (T,) int64 of ``Attended``."""
    return torch.tensor([_attended(*pair) for pair in zip(tracks.kinds, tracks.image, strict=True)])


def _attended(kind: TokenKind, is_image: bool) -> Attended:
    if is_image:
        return Attended.QUESTION_IMAGES if kind == TokenKind.PROMPT else Attended.TOOL_IMAGES
    return Attended.OWN_OUTPUT if kind == TokenKind.SAMPLED else Attended.TEXT


def _by_turn(line: TrainedTrajectory, tracks: Tracks, layers: Tensor) -> TrajectoryAttention:
    trajectory = line.trajectory
    places = [place for place, kind in enumerate(tracks.kinds) if kind == TokenKind.SAMPLED]
    turn_of = torch.tensor([tracks.turns[place] for place in places])
    in_sight = _in_sight(attended(tracks))[torch.tensor(places) - 1]
    last = layers[-math.ceil(len(layers) / 3) :]
    turns = []
    for number, turn in enumerate(trajectory.turns):
        chosen = turn_of == number
        if chosen.any():
            attention = Attention(
                all_layers=_shares(layers[:, chosen].mean((0, 1))),
                last_third=_shares(last[:, chosen].mean((0, 1))),
                in_sight=_shares(in_sight[chosen].mean(0)),
            )
            has_looked = turn.view is not None
            turns.append(TurnAttention(number + 1, int(chosen.sum()), turn.action, has_looked, attention))
    return TrajectoryAttention(trajectory.question, trajectory.sample, trajectory.end.value, tuple(turns))


def _in_sight(group: Tensor) -> Tensor:
    """For each position, the shares of the groups among the tokens up to it, itself included; (T, G)."""
    counts = torch.nn.functional.one_hot(group, len(Attended)).cumsum(0)
    return counts / counts.sum(1, keepdim=True)


def _shares(values: Tensor) -> Shares:
    return Shares(*values.tolist())


def summary(trajectories: Sequence[TrajectoryAttention], seed: int) -> AttentionSummary:
    """Means over trajectories, by turn and around calls.

    Args:
        trajectories: At least one.
        seed: Of the bootstrap.
    """
    turns = [turn for one in trajectories for turn in one.turns]
    numbers = sorted({turn.turn for turn in turns})
    by_turn = [[turn.attention for turn in turns if turn.turn == number] for number in numbers]
    pairs = [(one.question, _around_calls(one)) for one in trajectories]
    most_calls = max((len(calls) for _, calls in pairs), default=0)
    by_call = [[(key, *calls[index]) for key, calls in pairs if len(calls) > index] for index in range(most_calls)]
    return AttentionSummary(
        by_turn=tuple(
            TurnMean(number, len(parts), Attention.mean(parts)) for number, parts in zip(numbers, by_turn, strict=True)
        ),
        by_call=tuple(_call_mean(number, calls, seed) for number, calls in enumerate(by_call, start=1)),
    )


def _around_calls(trajectory: TrajectoryAttention) -> list[tuple[Attention, Attention]]:
    """For each call that brought an image, the attention of its turn and of the next one."""
    turns = {turn.turn: turn for turn in trajectory.turns}
    return [
        (turn.attention, turns[turn.turn + 1].attention)
        for turn in trajectory.turns
        if turn.has_looked and turn.turn + 1 in turns
    ]


def _call_mean(number: int, calls: Sequence[tuple[str, Attention, Attention]], seed: int) -> CallMean:
    questions, before, after = zip(*calls, strict=True)
    gained = [late.all_layers.images - early.all_layers.images for early, late in zip(before, after, strict=True)]
    return CallMean(
        call=number,
        trajectories=len(calls),
        before=Attention.mean(before),
        after=Attention.mean(after),
        images_gained=mean_interval(gained, questions, seed),
    )
