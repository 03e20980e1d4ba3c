"""Writes the folder of a training run whose turns are drawn, not sampled: real episodes, without a model or torch.

    python tests/support/drawn_trajectories.py DATASET OUT [STEPS] [GROUPS]

They think, call tools near the evidence and elsewhere, make mistakes, run out of limits and answer; the later the step,
the better.
"""

import math
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from byte_tokens import ByteChatFormat, write_tokenizer

from mifg_pipeline.config import EpisodeSettings, load_train_settings
from mifg_pipeline.engines.engine import SampledTurn, SamplingRequest
from mifg_pipeline.engines.ledger import TokenKind
from mifg_pipeline.engines.scripted import ScriptedEngine
from mifg_pipeline.imagent.bucket import GIVEN, Bucket
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.imagent.question import Question
from mifg_pipeline.imagent.rollout import Attempt, rollout
from mifg_pipeline.imagent.trained_trajectory import TrainedTrajectory
from mifg_pipeline.imagent.trajectory import Trajectory
from mifg_pipeline.train.data import load_questions
from mifg_pipeline.train.folder import TrainFolder
from mifg_pipeline.train.presets import read_config

EPISODE = EpisodeSettings(
    max_turns=4, max_turn_tokens=300, max_images=11, max_pixels=12 * 784, crop_max_pixels=9 * 784, crop_min_pixels=784
)
THOUGHTS = (
    "The question asks for a detail that I cannot make out at this size. I look at the part where it should be.",
    "Image {image} shows it, but too small to be sure. A closer look helps → 近くで見る.",
    "I compared the images. Only Image {image} fits; let me check it once more before I answer.",
    "It is near the middle of Image {image}, I think.",
)


def write_drawn_run(dataset: Path, out: Path, *, steps: int, groups: int, size: int = 8, seed: int = 0) -> None:
    """Writes settings, trajectories and the tokenizer of a run over the questions of a dataset."""
    chat_format, rng = ByteChatFormat(), random.Random(seed)
    write_tokenizer(out.parent / f"{out.name}-model")
    places = (f"model.path={out.parent / f'{out.name}-model'}", f"data.path={dataset}", f"out={out}")
    folder = TrainFolder(out)
    folder.prepare(load_train_settings(read_config("cpu"), [*places, f"steps={steps}"]))
    questions = [*load_questions(dataset, "train")]
    for step in range(1, steps + 1):
        drawn = [questions[((step - 1) * groups + place) % len(questions)] for place in range(groups)]
        lines = drawn_step(step, drawn, size, chat_format, skill=step / steps, rng=rng)
        folder.write_trajectories(folder.trajectories_path(step), lines)


def drawn_step(
    step: int,
    questions: Sequence[Question],
    size: int,
    chat_format: ByteChatFormat,
    *,
    skill: float,
    rng: random.Random,
) -> Iterator[TrainedTrajectory]:
    """The lines of a step: ``size`` trajectories of each question."""
    attempts = [Attempt(question, sample, 0) for question in questions for sample in range(size)]
    engine = _DrawnEngine(attempts, chat_format, skill, rng)
    played = dict(rollout(engine, chat_format, attempts, EPISODE, 1.0))
    for place in range(len(questions)):
        group = [played[place * size + sample].trajectory for sample in range(size)]
        rewards = [_reward(one, questions[place]) for one in group]
        for one, reward, advantage in zip(group, rewards, _advantages(group, rewards), strict=True):
            yield TrainedTrajectory(
                step=step,
                draw=(step - 1) * len(questions) + place,
                trajectory=one,
                accuracy=float(reward > 0),
                reward=reward,
                advantage=advantage,
                buckets=tuple(_buckets(one, advantage, rng)),
            )


class _DrawnEngine(ScriptedEngine):
    """Writes turns by what is asked, and gives them log-probabilities."""

    def __init__(
        self, attempts: Sequence[Attempt], chat_format: ByteChatFormat, skill: float, rng: random.Random
    ) -> None:
        super().__init__(
            self._turn,
            image_token_id=chat_format.image_token_id,
            tokens_of=chat_format.tokens_of,
            end_of_turn_id=chat_format.end_of_turn_id,
        )
        self._attempts, self._chat_format, self._skill, self._rng = attempts, chat_format, skill, rng
        self._has_looked: set[int] = set()

    def step(self) -> list[SampledTurn]:
        return [
            SampledTurn(
                key=turn.key,
                prompt_token_ids=turn.prompt_token_ids,
                token_ids=turn.token_ids,
                logprobs=tuple(-self._rng.expovariate(4) for _ in turn.token_ids),
                is_finished=turn.is_finished,
            )
            for turn in super().step()
        ]

    def _turn(self, request: SamplingRequest) -> list[int]:
        rng, question = self._rng, self._attempts[request.key].question
        words = rng.choice(THOUGHTS).format(image=rng.randrange(len(question.images)) + 1)
        mistake = rng.random() > 0.8 + 0.15 * self._skill
        if (request.key in self._has_looked and rng.random() < 0.7) or rng.random() < 0.25:
            action = "I would say it is the left one." if mistake else f"<answer>{self._answer(question)}</answer>"
        elif mistake:
            action = rng.choice(('<tool_call>{"name": "visual_confirmation", image 1</tool_call>', words * 30))
        else:
            self._has_looked.add(request.key)
            action = f"<tool_call>{self._call(question)}</tool_call>"
        return [*self._chat_format.encode(f"<think>{words}</think>\n{action}"), self._chat_format.end_of_turn_id]

    def _answer(self, question: Question) -> str:
        if self._rng.random() < 0.3 + 0.5 * self._skill:
            return _key(question)
        return self._rng.choice("ABCD"[: len(question.options)]) if question.options else str(self._rng.randrange(9))

    def _call(self, question: Question) -> str:
        if not question.evidence or self._rng.random() < 0.3:
            image = self._rng.randrange(len(question.images)) + 1
            return f'{{"name": "visual_reflection", "arguments": {{"image": {image}}}}}'
        region = self._rng.choice(question.evidence)
        height, width = question.images[region.image].pixels().shape[:2]
        spread = 0.2 * (1.1 - self._skill)
        x0, y0, x1, y1 = (edge / side for edge, side in zip(region.bbox, (width, height) * 2, strict=True))
        across, down = self._rng.uniform(-spread, spread), self._rng.uniform(-spread, spread)
        edges = (x0 + across - 0.08, y0 + down - 0.08, x1 + across + 0.08, y1 + down + 0.08)
        box = [min(1.0, max(0.0, edge)) for edge in edges]
        place = [round(1000 * edge) for edge in box]
        return f'{{"name": "visual_confirmation", "arguments": {{"image": {region.image + 1}, "bbox_2d": {place}}}}}'


def _key(question: Question) -> str:
    assert question.answer is not None
    value = question.answer.value
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _reward(trajectory: Trajectory, question: Question) -> float:
    return 0.0 if trajectory.answer != _key(question) else 1.2 if trajectory.has_looked else 1.0


def _advantages(group: Sequence[Trajectory], rewards: Sequence[float]) -> list[float]:
    inside = [reward for one, reward in zip(group, rewards, strict=True) if not one.end.is_over_limit]
    if len({reward > 0 for reward in inside}) < 2:
        return [0.0] * len(group)
    mean = math.fsum(inside) / len(inside)
    deviation = math.sqrt(math.fsum((reward - mean) ** 2 for reward in inside) / (len(inside) - 1))
    return [
        0.0 if one.end.is_over_limit else (reward - mean) / (deviation + 1e-4)
        for one, reward in zip(group, rewards, strict=True)
    ]


def _buckets(trajectory: Trajectory, advantage: float, rng: random.Random) -> Iterator[int]:
    tracks = trajectory.tracks
    for kind, turn in zip(map(TokenKind, tracks.kinds), tracks.turns, strict=True):
        if kind in GIVEN:
            yield GIVEN[kind]
        elif trajectory.end.is_over_limit:
            yield Bucket[EndReason(trajectory.end).name]
        elif turn < len(trajectory.turns) and not trajectory.turns[turn].is_valid:
            yield Bucket.INVALID_ACTION
        elif advantage == 0:
            yield Bucket.NO_SIGNAL
        else:
            yield Bucket.IMPORTANCE_REJECTED if rng.random() < 0.005 else Bucket.TRAINED


if __name__ == "__main__":
    write_drawn_run(
        Path(sys.argv[1]), Path(sys.argv[2]), steps=int((sys.argv[3:] or [3])[0]), groups=int((sys.argv[4:] or [8])[0])
    )
