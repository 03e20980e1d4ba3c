"""Plays the episodes of an evaluation: with an engine on this machine, or with a model behind a server."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from mifg_pipeline.config import BudgetSettings, EpisodeSettings, ServerSettings
from mifg_pipeline.engines.engine import TurnSampler
from mifg_pipeline.engines.ledger import TokenKind
from mifg_pipeline.errors import MifgError
from mifg_pipeline.evaluate.episodes import Cost, EvaluationEpisode
from mifg_pipeline.evaluate.plan import Mode, Task
from mifg_pipeline.imagent.chat_play import play_chat
from mifg_pipeline.imagent.question import Question
from mifg_pipeline.imagent.rollout import Attempt, Played, rollout
from mifg_pipeline.imagent.trajectory import TokenTracks
from mifg_pipeline.models.budget import Budget
from mifg_pipeline.models.chat import ChatModel, ChatReply, ChatRequest
from mifg_pipeline.models.openai_client import OpenAIChat
from mifg_pipeline.models.prices import Price, load_prices
from mifg_pipeline.models.rendering import ImageRenderer
from mifg_pipeline.models.replay import ReplayCache
from mifg_pipeline.models.retry import Retry
from mifg_pipeline.models.throttle import Throttle
from mifg_pipeline.store.calls import Calls

if TYPE_CHECKING:
    from mifg_pipeline.engines.chat_format import ChatFormat

Keep = Callable[[Task, EvaluationEpisode], None]
"""Takes a finished episode."""

WAVE: Final = 64
"""Episodes that an engine is given at a time: the views of all of them are held in memory."""


class Player(Protocol):
    """Plays episodes."""

    def play(self, tasks: Sequence[Task], keep: Keep, calls: Calls) -> None:
        """Plays all tasks and hands on each episode as soon as it ends.

        Args:
            tasks: What to play.
            keep: Takes the episodes, in any order.
            calls: Where finished calls of servers are, and go.

        Raises:
            MifgError: If an image cannot be used, or nothing will succeed until something is mended.
        """
        ...


@dataclass(frozen=True)
class EnginePlayer:
    """Plays with an engine.

    Attributes:
        engine: What samples turns.
        chat_format: Of its model.
        episode: Limits.
        temperature: Of sampling.
    """

    engine: TurnSampler
    chat_format: "ChatFormat"
    episode: EpisodeSettings
    temperature: float

    def play(self, tasks: Sequence[Task], keep: Keep, calls: Calls) -> None:
        """See ``Player``; makes no calls."""
        del calls
        for start in range(0, len(tasks), WAVE):
            wave = tasks[start : start + WAVE]
            for mode in dict.fromkeys(task.mode for task in wave):
                self._play_wave([task for task in wave if task.mode == mode], mode, keep)

    def _play_wave(self, tasks: Sequence[Task], mode: Mode, keep: Keep) -> None:
        attempts = [Attempt(task.item.question, task.sample, task.seed) for task in tasks]
        settings = _with_tools(self.episode, mode)
        passed = time.perf_counter()
        for index, played in rollout(self.engine, self.chat_format, attempts, settings, self.temperature):
            now = time.perf_counter()
            keep(tasks[index], _episode(tasks[index], played, now - passed))
            passed = now


def _episode(task: Task, played: Played, seconds: float) -> EvaluationEpisode:
    kinds = played.tracks.kinds
    written = sum(kind is TokenKind.SAMPLED for kind in kinds)
    cost = Cost(
        calls=len(played.trajectory.turns),
        prompt_tokens=len(kinds) - written,
        completion_tokens=written,
        seconds=seconds,
        money=0.0,
    )
    trajectory = played.trajectory.model_copy(update={"tracks": TokenTracks()})
    return EvaluationEpisode(mode=task.mode, sample=task.sample, trajectory=trajectory, cost=cost)


@dataclass(frozen=True)
class ServerPlayer:
    """Plays with a model behind the OpenAI protocol.

    Attributes:
        model: Name that its server knows it by.
        server: How to reach it.
        budget: What it may cost.
        environ: Environment variables, one of which may hold the key.
        episode: Limits.
        temperature: Of sampling.
    """

    model: str
    server: ServerSettings
    budget: BudgetSettings
    environ: Mapping[str, str] = field(repr=False)
    episode: EpisodeSettings
    temperature: float

    def play(self, tasks: Sequence[Task], keep: Keep, calls: Calls) -> None:
        """See ``Player``."""
        asyncio.run(self._play(tasks, keep, calls))

    async def _play(self, tasks: Sequence[Task], keep: Keep, calls: Calls) -> None:
        price = self._price()
        budget, cache = Budget(self.budget, calls.spent()), ReplayCache(calls)
        left = iter(tasks)
        with ImageRenderer() as renderer:
            async with OpenAIChat(self.server, renderer, self.environ) as client:
                sent = Retry(self.server).around(Throttle(self.server).around(client))
                model = cache.around(budget.around(sent, price))

                async def work() -> None:
                    for task in left:
                        keep(task, await self._episode(model, task))

                workers = [asyncio.create_task(work()) for _ in range(min(self.server.concurrency, len(tasks)))]
                try:
                    await asyncio.gather(*workers)
                finally:
                    for worker in workers:
                        worker.cancel()
                    await asyncio.gather(*workers, return_exceptions=True)

    def _price(self) -> Price | None:
        price = load_prices(self.budget.prices).get(self.model)
        if price is None and self.budget.money is not None:
            raise MifgError(
                f"budget.money cannot be kept: the price of {self.model} is not known.",
                "Add it to a price list and name that with budget.prices, or limit budget.calls instead.",
            )
        return price

    async def _episode(self, model: ChatModel, task: Task) -> EvaluationEpisode:
        meter = _Meter(model)
        settings = _with_tools(self.episode, task.mode)
        with _as_files(task.item.question) as question:
            trajectory = await play_chat(meter, self.model, question, settings, self.temperature, task.seed)
        trajectory = trajectory.model_copy(update={"sample": task.sample})
        return EvaluationEpisode(mode=task.mode, sample=task.sample, trajectory=trajectory, cost=meter.cost())


class _Meter:
    """A model that notes what it replied."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self._replies: list[ChatReply] = []

    async def complete(self, request: ChatRequest) -> ChatReply:
        reply = await self._model.complete(request)
        self._replies.append(reply)
        return reply

    def cost(self) -> Cost:
        prices = [reply.money for reply in self._replies if reply.money is not None]
        return Cost(
            calls=len(self._replies),
            prompt_tokens=sum(reply.prompt_tokens for reply in self._replies),
            completion_tokens=sum(reply.completion_tokens for reply in self._replies),
            seconds=sum(reply.seconds for reply in self._replies),
            money=sum(prices) if len(prices) == len(self._replies) else None,
        )


def _with_tools(settings: EpisodeSettings, mode: Mode) -> EpisodeSettings:
    return settings.model_copy(update={"tools": mode == "on"})


@contextmanager
def _as_files(question: Question) -> Iterator[Question]:
    """The question with each of its images in a file, which is where images for servers are rendered from."""
    with tempfile.TemporaryDirectory(prefix="mifg-eval-") as folder:
        images = []
        for image in question.images:
            if image.path is None:
                path = Path(folder) / image.sha256
                path.write_bytes(image.read())
                image = replace(image, path=path)
            images.append(image)
        yield replace(question, images=tuple(images))
