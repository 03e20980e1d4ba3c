"""What is examined, and how far engine and trainer are apart on it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from mifg_pipeline.config import TrainSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import Engine, TurnSampler
from mifg_pipeline.engines.ledger import TokenKind, Tracks
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.imagent.question import Question
from mifg_pipeline.imagent.rollout import Attempt, Played, rollout
from mifg_pipeline.train.data import Questions
from mifg_pipeline.train.doctor.figures import Gaps
from mifg_pipeline.train.engine import weights_to_sync
from mifg_pipeline.train.policy import Policy
from mifg_pipeline.train.rescoring import rescored
from mifg_pipeline.train.sampling import position_of, seed_of
from mifg_pipeline.train.token_batch import micro_batches


@dataclass(frozen=True)
class Subject:
    """A policy, the engine that samples for it, and the questions that they are examined on.

    Attributes:
        policy: With the weights that it was loaded with.
        engine: With the same weights.
        chat_format: Of their checkpoint.
        questions: Of the dataset.
        settings: Of the run.
    """

    policy: Policy
    engine: Engine
    chat_format: ChatFormat
    questions: Questions
    settings: TrainSettings

    def first_questions(self, count: int) -> list[Question]:
        """Those that the run would draw first, as far as there are so many."""
        size = len(self.questions)
        return [self.questions[position_of(draw, size, self.settings.seed)] for draw in range(min(count, size))]

    def play(self, sampler: TurnSampler, questions: int, samples: int) -> list[Played]:
        """Episodes on the first questions of the run, so many of each."""
        settings = self.settings
        attempts = [
            Attempt(question, sample, seed_of(settings.seed, draw, sample))
            for draw, question in enumerate(self.first_questions(questions))
            for sample in range(samples)
        ]
        temperature = settings.rollout.temperature
        return [played for _, played in rollout(sampler, self.chat_format, attempts, settings.episode, temperature)]

    def sync(self) -> None:
        """Gives the engine the policy's weights."""
        self.engine.sync(weights_to_sync(self.policy, self.settings))

    def rescored(self, tracks: Sequence[Tracks], temperature: float) -> tuple[list[list[float]], float]:
        """The policy's log-probabilities of the sampled tokens of each trajectory, and the seconds that they took."""
        vision_inputs = VisionInputs(self.chat_format.image_processor)
        scores: dict[int, list[float]] = {}
        began = time.perf_counter()
        lengths = [len(track.token_ids) for track in tracks]
        for rows in micro_batches(lengths, self.settings.optimizer.micro_batch_tokens):
            parts = rescored(self.policy, [tracks[row] for row in rows], vision_inputs, temperature)
            scores |= dict(zip(rows, parts, strict=True))
        return [scores[row] for row in range(len(tracks))], time.perf_counter() - began

    def gaps(self, tracks: Sequence[Tracks], temperature: float, first_turn: int = 0) -> tuple[Gaps, float]:
        """How far engine and policy are apart from a turn on, and the seconds that the policy took."""
        computed, seconds = self.rescored(tracks, temperature)
        pairs = [
            (track.logprobs[place], score)
            for track, scores in zip(tracks, computed, strict=True)
            for place, score in zip(sampled_places(track), scores, strict=True)
            if track.turns[place] >= first_turn
        ]
        return Gaps.of([old for old, _ in pairs], [new for _, new in pairs]), seconds


def sampled_places(track: Tracks) -> list[int]:
    """Where a trajectory's sampled tokens stand."""
    return [place for place, kind in enumerate(track.kinds) if kind is TokenKind.SAMPLED]
