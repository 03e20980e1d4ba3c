"""Sampled accuracy on held-out questions, and how much of the gap between base and ceiling a training closed."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoTokenizer

from mifg_pipeline.config import EpisodeSettings
from mifg_pipeline.config.train import RewardSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import SampledTurn, SamplingRequest, TurnSampler
from mifg_pipeline.engines.expansion import expand_image_tokens
from mifg_pipeline.engines.huggingface import HuggingFaceEngine
from mifg_pipeline.imagent.question import Question
from mifg_pipeline.imagent.rollout import Attempt, rollout
from mifg_pipeline.imagent.trajectory import Trajectory
from mifg_pipeline.images.frame import to_place
from mifg_pipeline.train.data import Questions
from mifg_pipeline.train.model import load_for_sampling
from mifg_pipeline.train.reward import reward
from mifg_pipeline.train.sampling import seed_of
from model_organism.fragments import FRAME, call

BATCH = 128
DRAWS, LOWER = 10_000, 0.025
"""Of the bootstrap: how often questions are drawn anew, and which quantile is the lower bound."""


@dataclass(frozen=True)
class Evaluation:
    """What a model did on Q questions, each played several times.

    Attributes:
        accuracy: Of each question, the mean over its episodes, (Q,).
        calls: Attempts at a call per episode.
        valid_calls: Share of them that are valid; not a number where there are none.
        looked: Share of the episodes in which a call returned an image.
    """

    accuracy: NDArray[np.float64]
    calls: float
    valid_calls: float
    looked: float


@dataclass(frozen=True)
class Gap:
    """Share of the way from base to ceiling that a training went.

    Attributes:
        closed: Of all questions.
        lower: Lower end of its 95 % interval over draws of questions.
    """

    closed: float
    lower: float


class TrueBoxEngine:
    """Plays the first turn of every episode with a call of the true box, and leaves the others to the model.

    Args:
        engine: Of the model.
        chat_format: Of the model.
        first_turns: Token ids of the call, by the key of the request.
    """

    def __init__(self, engine: TurnSampler, chat_format: ChatFormat, first_turns: Sequence[tuple[int, ...]]) -> None:
        self._engine = engine
        self._chat_format = chat_format
        self._first_turns = dict(enumerate(first_turns))
        self._played: list[SampledTurn] = []

    def submit(self, request: SamplingRequest) -> None:
        """Plays a first turn, and queues any other."""
        turn = self._first_turns.pop(request.key, None)
        if turn is None:
            self._engine.submit(request)
            return
        counts = [self._chat_format.tokens_of(view) for view in request.views]
        prompt = expand_image_tokens(request.token_ids, self._chat_format.image_token_id, counts)
        self._played.append(SampledTurn(request.key, tuple(prompt), turn, (0.0,) * len(turn), is_finished=True))

    def step(self) -> list[SampledTurn]:
        """The first turns, once; then what the model does."""
        played, self._played = self._played, []
        return played or self._engine.step()

    def abort(self, keys: Collection[int]) -> None:
        """Gives up turns, played ones among them."""
        self._played = [turn for turn in self._played if turn.key not in keys]
        self._engine.abort(keys)


def evaluate(
    model: Path, questions: Questions, episode: EpisodeSettings, samples: int, seed: int, *, true_box: bool = False
) -> Evaluation:
    """Scores what ``play`` gives; arguments as there."""
    trajectories = play(model, questions, episode, samples, seed, true_box=true_box)
    right = [
        reward(trajectory, questions.by_key(trajectory.question), RewardSettings()).accuracy
        for trajectory in trajectories
    ]
    calls = [turn.is_valid for trajectory in trajectories for turn in trajectory.turns if turn.action in _CALLS]
    return Evaluation(
        accuracy=np.array(right).reshape(-1, samples).mean(1),
        calls=len(calls) / len(trajectories),
        valid_calls=sum(calls) / len(calls) if calls else float("nan"),
        looked=sum(trajectory.has_looked for trajectory in trajectories) / len(trajectories),
    )


def play(
    model: Path, questions: Questions, episode: EpisodeSettings, samples: int, seed: int, *, true_box: bool = False
) -> list[Trajectory]:
    """Plays every question ``samples`` times at temperature 1, one question after the other.

    Args:
        model: Folder of a checkpoint.
        questions: Held out from its training.
        episode: As in its training.
        samples: Episodes of each question.
        seed: Of sampling; equal for models that are compared.
        true_box: Whether the first turn calls for the true box, whatever the model would do.
    """
    chat_format = ChatFormat.load(model)
    engine: TurnSampler = HuggingFaceEngine(
        load_for_sampling(str(model), torch.device("cpu")).module, chat_format, BATCH
    )
    attempts = [
        Attempt(question, sample, seed_of(seed, number, sample))
        for number, question in enumerate(questions)
        for sample in range(samples)
    ]
    if true_box:
        encode = _encoder(model, chat_format)
        engine = TrueBoxEngine(engine, chat_format, [encode(_true_call(attempt.question)) for attempt in attempts])
    played = dict(rollout(engine, chat_format, attempts, episode, 1.0))
    return [played[index].trajectory for index in range(len(attempts))]


_CALLS = ("call", "invalid")


def gap_closed(
    base: NDArray[np.float64], trained: NDArray[np.float64], ceiling: NDArray[np.float64], seed: int = 0
) -> Gap:
    """``(trained - base) / (ceiling - base)`` of the mean accuracies, with a paired bootstrap over the questions.

    Where the ceiling is not above the base there is no gap to close: that counts as minus infinity.

    Args:
        base: Accuracy of each question before training, (Q,).
        trained: After it, on the same questions, (Q,).
        ceiling: Of the base with the true box, on the same questions, (Q,).
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(base), (DRAWS, len(base)))
    everything = np.arange(len(base))[None]
    (closed,) = _shares(base[everything], trained[everything], ceiling[everything])
    # The lower one of two neighbours: between minus infinity and a number lies nothing.
    shares = _shares(base[drawn], trained[drawn], ceiling[drawn])
    return Gap(float(closed), float(np.quantile(shares, LOWER, method="lower")))


def _shares(
    base: NDArray[np.float64], trained: NDArray[np.float64], ceiling: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Of the way, for each row of questions; minus infinity where there is no way to go."""
    low, reached, high = base.mean(1), trained.mean(1), ceiling.mean(1)
    shares = np.full(len(low), -np.inf)
    np.divide(reached - low, high - low, out=shares, where=high > low)
    return shares


def _encoder(model: Path, chat_format: ChatFormat) -> Callable[[str], tuple[int, ...]]:
    tokenizer: Any = AutoTokenizer.from_pretrained(model)
    return lambda text: (*tokenizer.encode(text), chat_format.end_of_turn_id)


def _true_call(question: Question) -> str:
    (region,) = question.evidence
    return call(region.image + 1, to_place(region.bbox, FRAME))
