"""Measures rollouts over vLLM against those over our Hugging Face engine, on one random model of 50 M parameters.

Both play the same episodes, in groups, on questions over three photographs each. A random model never calls a tool, so
that a script says what it says: a thought of 8 to 96 words, up to twice a crop, and an answer. The engine samples as
many tokens as the script has, and they are replaced: episodes are ragged and of several turns, and both engines read
and sample the same. What vLLM has sampled is not what the next prompt holds; of its cache it can use what stood before.

Images are decoded, resized and cut; wire is what the trainer's process spends on sending and receiving. The Hugging
Face engine is charged for prompts where it reads them. vLLM reads prompts between tokens: they are timed by asking for
one token of each once more, with emptied caches, and decoding is the rest of the time that it is waited for.

    python benchmarks/rollouts.py
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent / "grpo"))
sys.path.append(str(Path(__file__).parents[1] / "examples"))

import tiny_model
import torch
from machine import print_header
from rich.console import Console
from rich.table import Table
from shapes import IMAGES, VIEW_TOKENS, Shape
from workload import write_dataset, write_model

from mifg_pipeline.config import EpisodeSettings, TrainSettings, VllmSettings
from mifg_pipeline.config.train import DataSettings, ModelSettings, RolloutSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import Engine, SampledTurn, SamplingRequest
from mifg_pipeline.engines.huggingface import HuggingFaceEngine
from mifg_pipeline.engines.vllm.client import VllmEngine
from mifg_pipeline.engines.vllm.link import Link
from mifg_pipeline.imagent import rollout, views
from mifg_pipeline.imagent.question import QuestionImage
from mifg_pipeline.train.data import load_questions
from mifg_pipeline.train.engine import open_engine
from mifg_pipeline.train.model import load_policy
from mifg_pipeline.train.policy import Policy
from mifg_pipeline.train.sampling import GroupSampler
from mifg_pipeline.train.stopwatch import Stopwatch

SHAPE = Shape(hidden=512, layers=8, vision_hidden=256, vision_layers=4, vocabulary=32_768)
LEAST_PARAMETERS = 50_000_000
THOUGHT = (8, 96)
MOST_CALLS = 2
AT_A_TIME = 64
IMAGES_SECTION, PROMPTS, DECODING, WIRE, WAITING = "images", "prompts", "decoding", "wire", "waiting"

OUTPUT = Console(width=120, highlight=False)

Function = Callable[..., Any]


class ScriptedTurns:
    """Samples as many tokens as a script has, and says what the script says."""

    def __init__(self, engine: Engine, chat_format: ChatFormat) -> None:
        self._engine = engine
        self._chat_format = chat_format
        self._said: dict[int, tuple[int, ...]] = {}
        self._calls: dict[int, int] = {}
        self.requests: list[SamplingRequest] = []
        self.tokens = 0

    def submit(self, request: SamplingRequest) -> None:
        """Queues a request for as many tokens as the script has."""
        said = self._script(request)
        self._said[request.key] = said
        self.tokens += len(said)
        self.requests.append(replace(request, max_tokens=len(said)))
        self._engine.submit(self.requests[-1])

    def step(self) -> list[SampledTurn]:
        """Turns that the script says."""
        return [self._replaced(turn) for turn in self._engine.step()]

    def abort(self, keys: Collection[int]) -> None:
        """Gives up requests."""
        self._engine.abort(keys)

    def _replaced(self, turn: SampledTurn) -> SampledTurn:
        assert turn.failure is None, turn.failure
        said = self._said.pop(turn.key)
        return replace(turn, token_ids=said, logprobs=(-1.0,) * len(said), is_finished=True)

    def _script(self, request: SamplingRequest) -> tuple[int, ...]:
        rng = random.Random(request.seed)
        calls = self._calls.setdefault(request.key, rng.randint(0, MOST_CALLS))
        words = tiny_model.TRAINING_TEXT.replace("<", " ").replace("{", " ").split()
        act = f"<answer>{rng.choice('ABC')}</answer>"
        if len(request.views) < IMAGES + calls:
            left, upper = rng.randrange(50), rng.randrange(50)
            box = [left, upper, left + rng.randint(60, 90), upper + rng.randint(60, 90)]
            call = f'{{"name": "visual_confirmation", "arguments": {{"image": 1, "bbox_2d": {box}}}}}'
            act = f"<tool_call>{call}</tool_call>"
        thought = " ".join(rng.choices(words, k=rng.randint(*THOUGHT)))
        return (*self._chat_format.encode(f"<think>{thought}</think>{act}"), self._chat_format.end_of_turn_id)


def main() -> None:
    """Plays the same episodes with both engines and prints the ratio and where the time goes."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--groups", type=int, default=32)
    parser.add_argument("--group-size", type=int, default=8)
    parser.add_argument("--python", default=".venv-vllm/bin/python", help="interpreter that has vLLM and mifg")
    arguments = parser.parse_args()
    print_header("torch", "transformers")
    with tempfile.TemporaryDirectory() as folder:
        settings = _settings(Path(folder), arguments)
        write_model(Path(settings.model.path), SHAPE)
        write_dataset(settings.data.path, arguments.groups)
        policy = load_policy(settings.model, 0, torch.device("cpu"))
        parameters = sum(parameter.numel() for parameter in policy.parameters())
        assert parameters >= LEAST_PARAMETERS, parameters
        OUTPUT.print(f"{parameters / 1e6:.0f} M parameters, {arguments.groups} groups x {arguments.group_size}\n")
        splits = {}
        for name in ("huggingface", "vllm"):
            rollout_settings = settings.rollout.model_copy(update={"engine": name})
            splits[name] = _measure(settings.model_copy(update={"rollout": rollout_settings}), policy, Path(folder))
    _print_splits(splits)


def _settings(folder: Path, arguments: argparse.Namespace) -> TrainSettings:
    pixels = VIEW_TOKENS * 28 * 28
    return TrainSettings(
        out=folder / "run",
        model=ModelSettings(path=str(folder / "model"), dtype="float32", gradient_checkpointing=False),
        data=DataSettings(path=folder / "dataset"),
        episode=EpisodeSettings(
            max_turns=MOST_CALLS + 1,
            max_turn_tokens=512,
            max_tokens=4096,
            max_images=IMAGES + MOST_CALLS,
            max_pixels=pixels,
            crop_min_pixels=pixels // 2,
            crop_max_pixels=pixels,
        ),
        rollout=RolloutSettings(
            groups=arguments.groups,
            group_size=arguments.group_size,
            batch_size=AT_A_TIME,
            vllm=VllmSettings(python=arguments.python, eager=True, max_running=AT_A_TIME, cache_gigabytes=4),
        ),
    )


def _measure(settings: TrainSettings, policy: Policy, folder: Path) -> dict[str, float]:
    """Plays all groups; seconds by section, and the tokens that were sampled."""
    chat_format = ChatFormat.load(policy.chat_folder)
    questions = load_questions(settings.data.path, settings.data.split)
    with closing(open_engine(policy, chat_format, settings, folder / "engine.log")) as engine:
        _play(engine, chat_format, questions, settings, draws=1)  # what is loaded and compiled at first is not counted
        engine.sync(())
        watch = Stopwatch()
        with _charging(watch, engine):
            scripted = _play(engine, chat_format, questions, settings, settings.rollout.groups)
        split = watch.split()
        if isinstance(engine, VllmEngine):
            figures = engine.figures
            OUTPUT.print(
                f"vLLM: {figures.prompt_tokens:,} tokens of prompts, of which {figures.cached_tokens:,} were cached"
            )
            split |= _divided(split.pop(WAITING), _seconds_of_prompts(engine, scripted.requests))
    OUTPUT.print(f"{settings.rollout.engine}: {len(scripted.requests)} turns, {scripted.tokens:,} sampled tokens")
    return split


def _play(
    engine: Engine, chat_format: ChatFormat, questions: Any, settings: TrainSettings, draws: int
) -> ScriptedTurns:
    scripted = ScriptedTurns(engine, chat_format)
    GroupSampler(scripted, chat_format, questions, settings).sample(range(draws), on_played=lambda _: None)
    return scripted


@contextmanager
def _charging(watch: Stopwatch, engine: Engine) -> Iterator[None]:
    """Has the stopwatch charge images, prompts, decoding and wire."""
    places: list[tuple[Any, str, str]] = [(QuestionImage, "pixels", IMAGES_SECTION)]
    places += [(rollout, name, IMAGES_SECTION) for name in (views.first_view.__name__, views.crop_view.__name__)]
    if isinstance(engine, HuggingFaceEngine):
        places += [(HuggingFaceEngine, "step", DECODING), (HuggingFaceEngine, "_read", PROMPTS)]
    else:
        connection = engine._link._connection  # type: ignore[attr-defined]
        places += [(Link, "submit", WIRE), (Link, "turns", WIRE), (connection, "poll", WAITING)]
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in places]
    for owner, name, section in places:
        setattr(owner, name, _charged(watch, section, getattr(owner, name)))
    try:
        yield
    finally:
        for owner, name, function in kept:
            setattr(owner, name, function)


def _charged(watch: Stopwatch, section: str, function: Function) -> Function:
    def charged(*arguments: Any, **named: Any) -> Any:
        with watch(section):
            return function(*arguments, **named)

    return charged


def _seconds_of_prompts(engine: Engine, requests: list[SamplingRequest]) -> float:
    """What the prompts take alone, in the order in which they came."""
    engine.sync(())
    began = time.perf_counter()
    for key, request in enumerate(requests):
        engine.submit(replace(request, key=key, max_tokens=1))
    ended = 0
    while ended < len(requests):
        ended += len(engine.step())
    return time.perf_counter() - began


def _divided(waiting: float, prompts: float) -> dict[str, float]:
    return {PROMPTS: min(prompts, waiting), DECODING: max(0.0, waiting - prompts)}


def _print_splits(splits: dict[str, dict[str, float]]) -> None:
    table = Table("seconds", *splits, box=None, pad_edge=False)
    for section in (PROMPTS, DECODING, IMAGES_SECTION, WIRE, "own"):
        named = "episodes" if section == "own" else section
        table.add_row(named, *(f"{split.get(section, 0.0):.2f}" for split in splits.values()))
    totals = [sum(split.values()) for split in splits.values()]
    table.add_row("all", *(f"{total:.2f}" for total in totals))
    OUTPUT.print("", table)
    OUTPUT.print(f"\nvLLM takes {totals[1] / totals[0]:.2f} of the time: {totals[0] / totals[1]:.1f} times as fast")


if __name__ == "__main__":
    main()
