"""Measures where the time of the trainer's steps goes, on a random model of more than 100 M parameters.

`mifg train` as it is, with its engine, episodes, images, policy and files, on questions over three photographs each;
groups of four play two turns, with a crop in between. A random model never answers, so that no group would have signal
and nothing would be updated: it samples as ever, but what it sampled is replaced by a script, which thinks, asks for a
crop and answers at random. Its tokens are as many, and all that follows is real: parsing, crops, rewards, masks, loss.

The stopwatch of the trainer is read from its metrics, with three sections more than it has by itself: the layers of the
model while it samples, the engine around them, and the images, which are decoded, resized and cut into patches both
while episodes are played and for the update. Python is all that is neither layers, forward and backward passes and
optimiser, nor images: the trainer's own section, episodes, the engine's loop with its draws, the making of batches, and
the writing of trajectories. The first step is left out, for it counts what is loaded.

    python benchmarks/step_time.py
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent / "grpo"))

import torch
from machine import print_header
from rich.console import Console
from rich.table import Table
from shapes import VIEW_TOKENS, Shape
from workload import script, write_dataset, write_model

from mifg_pipeline.config import EpisodeSettings, TrainSettings
from mifg_pipeline.config.train import DataSettings, ModelSettings, OptimizerSettings, RolloutSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import SampledTurn, SamplingRequest
from mifg_pipeline.engines.huggingface import HuggingFaceEngine
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.imagent import rollout, views
from mifg_pipeline.imagent.question import QuestionImage
from mifg_pipeline.train import loop
from mifg_pipeline.train.folder import TrainFolder

SHAPE = Shape(hidden=768, layers=12, vision_hidden=256, vision_layers=6, vocabulary=32_768)
LEAST_PARAMETERS = 100_000_000
MOST_PYTHON = 0.03

GROUPS, GROUP_SIZE = 2, 4

MODEL, ENGINE, IMAGES = "layers while sampling", "engine around them", "image preprocessing"
NOT_PYTHON = (MODEL, IMAGES, "forward", "backward", "optimizer")

OUTPUT = Console(width=120, highlight=False)

Function = Callable[..., Any]


class ScriptedSampling(HuggingFaceEngine):
    """Samples as ever, and says what a script says."""

    def __init__(self, model: Any, chat_format: ChatFormat, batch_size: int) -> None:
        super().__init__(model, chat_format, batch_size)
        self._script = script(Path(model.name_or_path), chat_format.end_of_turn_id)
        self._said: dict[int, list[int]] = {}

    def submit(self, request: SamplingRequest) -> None:
        """Queues a request for as many tokens as the script has."""
        said = self._script(request)
        self._said[request.key] = said
        super().submit(replace(request, max_tokens=len(said)))

    def step(self) -> list[SampledTurn]:
        """Turns that the script says, under the log-probabilities of what was sampled."""
        return [self._replaced(turn) for turn in super().step()]

    def _replaced(self, turn: SampledTurn) -> SampledTurn:
        said = self._said.pop(turn.key)
        missing = len(said) - len(turn.logprobs)  # the model may have ended its turn, once in so many thousand tokens
        logprobs = turn.logprobs + turn.logprobs[-1:] * missing
        return replace(turn, token_ids=tuple(said), logprobs=logprobs, is_finished=True)


class WatchedTrainer(loop.Trainer):
    """The trainer, whose stopwatch knows of more sections."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        model = self.policy.sampling_module
        for layers in (model.model.visual, model.model.language_model, model.lm_head):
            layers.forward = self._charged(MODEL, layers.forward)
        VisionInputs.of = self._charged(IMAGES, VisionInputs.of)
        QuestionImage.pixels = self._charged(IMAGES, QuestionImage.pixels)
        for name in ("first_view", "crop_view"):
            setattr(rollout, name, self._charged(IMAGES, getattr(views, name)))

    def _open_engine(self) -> ScriptedSampling:
        engine = ScriptedSampling(self.policy.sampling_module, self.chat_format, self.settings.rollout.batch_size)
        engine.step = self._charged(ENGINE, engine.step)
        return engine

    def _charged(self, section: str, function: Function) -> Function:
        def charged(*arguments: Any, **named: Any) -> Any:
            with self.watch(section):
                return function(*arguments, **named)

        return charged


def main() -> int:
    """Trains for some steps and prints where the time went."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=2, help="beside the first one")
    arguments = parser.parse_args()
    print_header("torch", "transformers")
    loop.Trainer = WatchedTrainer
    with tempfile.TemporaryDirectory() as folder:
        settings = _settings(Path(folder), 1 + arguments.steps)
        write_model(Path(settings.model.path), SHAPE)
        write_dataset(settings.data.path, 4)
        policy = loop.load_policy(settings.model, 0, torch.device("cpu"))
        parameters = sum(parameter.numel() for parameter in policy.parameters())
        del policy
        assert parameters >= LEAST_PARAMETERS, parameters
        loop.train(settings, Console(stderr=True))
        rows = [json.loads(line) for line in TrainFolder(settings.out).metrics.path.read_text().splitlines()][1:]
    return 0 if _print_split(rows, parameters) else 1


def _settings(folder: Path, steps: int) -> TrainSettings:
    pixels = VIEW_TOKENS * 28 * 28
    return TrainSettings(
        out=folder / "run",
        steps=steps,
        model=ModelSettings(path=str(folder / "model"), gradient_checkpointing=False),
        data=DataSettings(path=folder / "dataset"),
        episode=EpisodeSettings(
            max_turn_tokens=256,
            max_tokens=2048,
            max_pixels=pixels,
            crop_min_pixels=pixels // 2,
            crop_max_pixels=pixels,
        ),
        # What the script says has the log-probabilities of something else, so that the probe finds a gap.
        rollout=RolloutSettings(groups=GROUPS, group_size=GROUP_SIZE, batch_size=GROUPS * GROUP_SIZE, max_gap=1e9),
        optimizer=OptimizerSettings(micro_batch_tokens=4096),
    )


def _print_split(rows: list[dict[str, Any]], parameters: int) -> bool:
    """Prints the median of each section; whether little enough of the time is Python."""
    sections = {name: statistics.median(row["time"].get(name, 0.0) for row in rows) for name in rows[0]["time"]}
    total = sum(sections.values())
    python = sum(seconds for name, seconds in sections.items() if name not in NOT_PYTHON)
    named = {"own": "the trainer's own section", "episodes": "episodes", "images": "making of batches"}
    table = Table("", "seconds a step", "share", box=None, pad_edge=False)
    for name, seconds in sorted(sections.items(), key=lambda item: -item[1]):
        table.add_row(named.get(name, name), f"{seconds:.3f}", f"{seconds / total:.2%}")
    OUTPUT.print(table, "")
    tokens = statistics.median(row["tokens"] for row in rows)
    losses = ", ".join(f"{row['loss']:.3f}" for row in rows)
    OUTPUT.print(f"{parameters / 1e6:.0f} M parameters; {tokens:,.0f} tokens a trajectory; losses {losses}")
    OUTPUT.print(f"Python: {python / total:.2%} of the step, wanted below {MOST_PYTHON:.0%}")
    return python / total < MOST_PYTHON


if __name__ == "__main__":
    sys.exit(main())
