"""Prober: has solver models attempt a draft's question under a given view, for as long as a test asks for attempts."""

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from mifg_pipeline.agents.messages import chat_request
from mifg_pipeline.agents.probe_view import ProbeView
from mifg_pipeline.agents.prompts import prompts
from mifg_pipeline.agents.replies import Solution
from mifg_pipeline.agents.variation import Variation, vary
from mifg_pipeline.config import AgentSettings, GenerateSettings, ModelSettings
from mifg_pipeline.items import OPTION_LETTERS, Draft, ImageRef, Probe
from mifg_pipeline.models.chat import ChatModel, ChatRequest
from mifg_pipeline.models.structured import ask
from mifg_pipeline.store.usage import Usage

Value = TypeVar("Value")

NextWave = Callable[[int, int], int]
"""How many further attempts to make at once, after (right, made); none once the probe has decided."""


@dataclass(frozen=True)
class Subject:
    """What is probed: the draft of a round of an attempt at an item."""

    draft: Draft
    attempt: int
    round: int


@dataclass(frozen=True)
class Probed:
    """A probe and what it took.

    Attributes:
        probe: The record.
        usage: Of its model calls.
        calls: Their keys.
    """

    probe: Probe
    usage: Usage
    calls: tuple[str, ...]


@dataclass(frozen=True)
class _Solved:
    """One attempt of a solver."""

    is_right: bool
    answer: str
    usage: Usage
    calls: tuple[str, ...]


class Prober:
    """Puts drafts to the solvers of a run, which take turns.

    Each attempt shows the options in an order of its own, and its sample index is its index within the probe: what is
    asked depends on the run's seed, the attempt at the item, its round, the probe and that index, and on nothing else.

    Args:
        settings: Of the run.
        models: By their names in the settings.
        locate: Where an image of an attempt lies: (image, attempt) to path.
    """

    def __init__(
        self,
        settings: GenerateSettings,
        models: Mapping[str, ChatModel],
        locate: Callable[[ImageRef, int], Path],
    ) -> None:
        self._seed = settings.seed
        self._agents = settings.agents
        self._solvers = [(models[name], settings.models[name]) for name in settings.agents.solvers]
        self._locate = locate

    def probes(self, draft: Draft) -> bool:
        """Whether there are solvers for this draft."""
        return bool(self._solvers) and is_for_models(draft, self._agents)

    async def probe(self, subject: Subject, view: ProbeView, next_wave: NextWave) -> Probed:
        """Makes attempts in waves until no further one is asked for.

        The attempts of a wave run at the same time and count in order of their index. A reply that cannot be read is
        wrong.

        Raises:
            ImageError: If an image can no longer be read.
            MifgError: If a solver cannot be asked at all.
        """
        solved: list[_Solved] = []
        while wave := next_wave(sum(one.is_right for one in solved), len(solved)):
            indices = range(len(solved), len(solved) + wave)
            solved += await _all([self._solve(subject, view, index) for index in indices])
        solvers = [settings for _, settings in self._solvers[: len(solved)]]
        probe = Probe(
            kind=view.kind,
            solver=tuple(dict.fromkeys(settings.model for settings in solvers)),
            image=view.withheld,
            pixels=max((view.largest_image(subject.draft, settings.image_pixels) for settings in solvers), default=0),
            attempts=len(solved),
            correct=sum(one.is_right for one in solved),
            answers=tuple(one.answer for one in solved),
        )
        usage = sum((one.usage for one in solved), Usage())
        return Probed(probe, usage, tuple(call for one in solved for call in one.calls))

    async def _solve(self, subject: Subject, view: ProbeView, index: int) -> _Solved:
        model, settings = self._solvers[index % len(self._solvers)]
        rng = random.Random(f"{self._seed}/{subject.attempt}/{subject.round}/{view.name}/{index}")
        variation = vary(subject.draft, rng, permute=view.is_permuted, may_give_up=view.withheld is not None)
        paths = [self._locate(image, subject.attempt) for image in variation.draft.images]
        asked = await ask(model, solution_request(variation, view, paths, settings, index), Solution, settings)
        if asked.value is None:
            return _Solved(False, "", asked.usage, asked.keys)
        reply = asked.value.answer
        return _Solved(variation.is_right(reply), variation.original_answer(reply), asked.usage, asked.keys)


def is_for_models(draft: Draft, settings: AgentSettings) -> bool:
    """Whether models judge and probe the draft: those of programs, which come with a claim, may be left out."""
    return settings.judge_programs or draft.claim is None


def solution_request(
    variation: Variation, view: ProbeView, paths: Sequence[Path], settings: ModelSettings, sample: int
) -> ChatRequest:
    """What a solver is asked.

    Args:
        variation: The question as this attempt puts it.
        view: What is shown.
        paths: Where the images lie, in the order in which they are shown.
        settings: Of the solver.
        sample: Index of the attempt.
    """
    draft = variation.draft
    prompt = prompts().render(
        Solution.name,
        question="\n".join(line for line in draft.question.splitlines() if line.strip()),
        options=list(zip(OPTION_LETTERS, draft.options or (), strict=False)),
        kind=draft.answer.kind,
        withheld="all" if view.pixels == 0 else "none" if view.withheld is None else view.withheld + 1,
    )
    parts = view.parts(draft, paths, settings.image_pixels)
    return chat_request(settings, prompt, view.kind, parts, temperature=settings.temperature, sample=sample)


async def _all(attempts: Sequence[Coroutine[None, None, Value]]) -> list[Value]:
    """What all of them return, in order; if one fails, the others are ended before its error goes on."""
    if len(attempts) == 1:
        return [await attempts[0]]
    tasks = [asyncio.ensure_future(attempt) for attempt in attempts]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
