"""Draws questions and samples their groups."""

import hashlib
import math
import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mifg_pipeline.config import TrainSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import TurnSampler
from mifg_pipeline.imagent.question import Question
from mifg_pipeline.imagent.rollout import Attempt, Played, rollout
from mifg_pipeline.train.data import Questions


@dataclass(frozen=True)
class Group:
    """The trajectories of one draw of one question.

    Attributes:
        draw: Number of the draw within the run.
        question: What was asked.
        played: ``group_size`` trajectories, in the order of their seeds.
    """

    draw: int
    question: Question
    played: tuple[Played, ...]

    @property
    def never_began(self) -> bool:
        """Whether the question alone filled the limits, so that no turn was sampled."""
        return all(not played.trajectory.turns and not played.trajectory.end.is_interrupted for played in self.played)


def position_of(draw: int, size: int, seed: int) -> int:
    """Position in the dataset of a draw: each epoch is a permutation of its own."""
    epoch, place = divmod(draw, size)
    return _permutation(epoch, size, seed)[place]


@lru_cache(maxsize=2)
def _permutation(epoch: int, size: int, seed: int) -> Sequence[int]:
    order = list(range(size))
    random.Random(f"{seed}/{epoch}").shuffle(order)
    return order


def seed_of(*parts: int | str) -> int:
    """A seed of 63 bits of what it is for: run, draw, trajectory, try."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


class GroupSampler:
    """Samples the groups of draws.

    Args:
        engine: What samples turns.
        chat_format: Of the model that the engine samples.
        questions: Of the dataset.
        settings: Of the run.
    """

    def __init__(
        self, engine: TurnSampler, chat_format: ChatFormat, questions: Questions, settings: TrainSettings
    ) -> None:
        self._engine = engine
        self._chat_format = chat_format
        self._questions = questions
        self._settings = settings

    def sample(self, draws: Sequence[int], on_played: Callable[[Played], None]) -> list[Group]:
        """The groups of these draws.

        A trajectory that the machinery ended is sampled again, up to ``rollout.retries`` times. Once
        ``rollout.finish_share`` of all have ended, those that still play are abandoned, and none is sampled again.
        """
        settings = self._settings
        size = settings.rollout.group_size
        questions = {draw: self._question(draw) for draw in draws}
        wanted = [(draw, sample) for draw in draws for sample in range(size)]
        missing = math.ceil(settings.rollout.finish_share * len(wanted))
        played: dict[tuple[int, int], Played] = {}
        for attempt in range(settings.rollout.retries + 1):
            attempts = [
                Attempt(questions[draw], sample, seed_of(settings.seed, draw, sample, attempt))
                for draw, sample in wanted
            ]
            for index, result in self._play(attempts, missing):
                played[wanted[index]] = result
                missing -= not result.trajectory.end.is_interrupted
                on_played(result)
            wanted = [key for key in wanted if played[key].trajectory.end.is_fault]
            if missing <= 0 or not wanted:
                break
        return [Group(draw, questions[draw], tuple(played[draw, sample] for sample in range(size))) for draw in draws]

    def _question(self, draw: int) -> Question:
        return self._questions[position_of(draw, len(self._questions), self._settings.seed)]

    def _play(self, attempts: Sequence[Attempt], enough: int) -> Iterator[tuple[int, Played]]:
        settings, temperature = self._settings, self._settings.rollout.temperature
        return rollout(self._engine, self._chat_format, attempts, settings.episode, temperature, enough)


def with_replacements(groups: Sequence[Group], useful: Collection[int], fresh: Sequence[Group]) -> list[Group]:
    """The groups, those of draws that are not useful replaced by fresh ones as far as these go."""
    spare = iter(fresh)
    return [group if group.draw in useful else next(spare, group) for group in groups]
