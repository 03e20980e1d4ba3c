"""What the doctor measures, and verdicts are made of."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from mifg_pipeline.imagent.end_reason import EndReason


@dataclass(frozen=True)
class Gaps:
    """How far engine and trainer are apart in the log-probabilities of sampled tokens, in nats.

    Attributes:
        tokens: Compared ones.
        mean: Mean |difference|; 0 where there is none to compare.
        p99: The least |difference| that 99 % of the tokens do not exceed.
        largest: Largest |difference|; a log-probability that is not finite makes it infinite.
    """

    tokens: int
    mean: float
    p99: float
    largest: float

    @classmethod
    def of(cls, reported: Sequence[float], computed: Sequence[float]) -> Self:
        """Compares log-probabilities of the same tokens."""
        gaps = sorted(_gap(*pair) for pair in zip(reported, computed, strict=True))
        if not gaps:
            return cls(0, 0.0, 0.0, 0.0)
        return cls(len(gaps), math.fsum(gaps) / len(gaps), gaps[math.ceil(0.99 * len(gaps)) - 1], gaps[-1])


@dataclass(frozen=True)
class EpisodeFigures:
    """Episodes that were played on questions of the dataset.

    Attributes:
        episodes: How many.
        sampled: Tokens of all of them that the model wrote.
        image_tokens: Visual tokens that they read.
        mismatch: How the engine's prompt differs from the ledger's, in the first episode where it does.
        failure: Why the first episode failed that the engine ended.
        gaps: Of the tokens that they wrote.
        raw: Largest difference at temperature 1, if they were sampled at another.
        scoring: Seconds that the trainer's forward passes took.
    """

    episodes: int
    sampled: int
    image_tokens: int
    mismatch: str | None
    failure: str | None
    gaps: Gaps
    raw: float | None
    scoring: float


@dataclass(frozen=True)
class ToolFigures:
    """An episode whose first turn, a call of ``visual_confirmation``, is given, and the rest sampled.

    Attributes:
        end: How it ended.
        failure: What went wrong, where the machinery ended it.
        gaps: Of the tokens that were sampled after the tool's image.
    """

    end: EndReason
    failure: str | None
    gaps: Gaps


@dataclass(frozen=True)
class BurstFigures:
    """As many turns as the engine samples at a time.

    Attributes:
        turns: How many.
        sampled: Their tokens.
        seconds: That they took, their prompts among it.
        cache: Tokens whose keys and values fit into the engine's cache; None where it grows as it must.
    """

    turns: int
    sampled: int
    seconds: float
    cache: int | None


@dataclass(frozen=True)
class UpdateFigures:
    """Short turns after all trained weights were moved, in nats.

    Attributes:
        effect: Largest change that the move makes to a log-probability that is compared.
        fresh: Gap after text and images that the engine has not seen before.
        repeated: Gap after a text that it had read before the move, with new images.
        shown: Gap after a new text, with images that it had seen before the move.
        restored: Gap after the weights were put back.
    """

    effect: float
    fresh: float
    repeated: float
    shown: float
    restored: float


@dataclass(frozen=True)
class SleepFigures:
    """The engine put to sleep and woken.

    Attributes:
        seconds: That it took, sync among it.
        freed: Bytes of the GPU that were free meanwhile and not before; None on a CPU.
        gap: After it, in nats.
    """

    seconds: float
    freed: int | None
    gap: float


def _gap(reported: float, computed: float) -> float:
    gap = abs(reported - computed)
    return gap if math.isfinite(gap) else math.inf
