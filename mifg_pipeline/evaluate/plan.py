"""What an evaluation does: which episodes are played, with which settings, and what makes two of them the same."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import Field

from mifg_pipeline.config import BudgetSettings, EpisodeSettings, ServerSettings, VllmSettings
from mifg_pipeline.config.base import Settings
from mifg_pipeline.evaluate.items import BenchmarkItem
from mifg_pipeline.items import Record, content_digest

Tools = Literal["on", "off", "both"]
Mode = Literal["on", "off"]

DIFFICULTIES: Final = ("glance", "zoom")
"""Labels of our own set, the easier first."""


class EvaluateSettings(Settings):
    """Settings of `mifg eval`.

    Attributes:
        episode: What the model is shown, and when an episode ends; whether it has tools is said by ``--tools``.
        server: How hard a model behind a URL is asked.
        budget: What it may cost.
        vllm: Of the vLLM engine.
        batch_size: Turns that the Hugging Face engine samples at the same time.
    """

    episode: EpisodeSettings = EpisodeSettings()
    server: ServerSettings = ServerSettings()
    budget: BudgetSettings = BudgetSettings()
    vllm: VllmSettings = VllmSettings()
    batch_size: int = Field(default=8, gt=0)


class Plan(Record):
    """What decides the episodes of an evaluation; how many are played is left open, so that more can be added.

    Attributes:
        model: Name or folder, for people.
        weights: Digest of a folder's weights; empty for a model behind a server.
        server: Base URL; None for a folder.
        benchmark: Name of the benchmark.
        seed: Of all sampling.
        temperature: Of all sampling.
        episode: Limits, apart from ``tools``.
        prompts: Digest of what the model is told from; empty in plans that do not say.
    """

    model: str
    weights: str
    server: str | None
    benchmark: str
    seed: int
    temperature: float
    episode: EpisodeSettings
    prompts: str = ""

    def identity(self) -> dict[str, object]:
        """What has to be the same for episodes to belong together: neither where the model lies nor its address."""
        content = self.model_dump(mode="json", exclude={"server", "episode"})
        if self.weights:
            del content["model"]
        if not self.prompts:
            del content["prompts"]
        limits = self.episode.model_dump(mode="json", exclude={"tools"})
        return {**content, **{f"episode.{name}": value for name, value in limits.items()}}


@dataclass(frozen=True)
class Task:
    """One episode to be played.

    Attributes:
        item: What is asked.
        mode: Whether the model has its tools.
        sample: Index among the episodes of the item in this mode.
        seed: Of its sampling; the same in both modes.
    """

    item: BenchmarkItem
    mode: Mode
    sample: int
    seed: int

    @property
    def digest(self) -> str:
        """Of the question's words: an episode stored for other words under the same key is not this one's."""
        return content_digest([self.item.text, self.item.options])


def modes_of(tools: Tools) -> tuple[Mode, ...]:
    """The modes that are played."""
    return ("off", "on") if tools == "both" else (tools,)


def tasks_of(items: Sequence[BenchmarkItem], modes: Sequence[Mode], samples: int, seed: int) -> list[Task]:
    """All episodes, those of one item one after the other, so that an evaluation that is stopped is paired so far."""
    return [
        Task(item, mode, sample, _episode_seed(seed, item.key, sample))
        for item in items
        for sample in range(samples)
        for mode in modes
    ]


def _episode_seed(seed: int, key: str, sample: int) -> int:
    """31 bits, which every server takes as a seed."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{key}/{sample}".encode()).digest()[:4], "big") >> 1
