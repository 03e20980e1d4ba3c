"""`mifg train` over a real vLLM engine: the same model after each update, and every lost trajectory accounted for."""

import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from answering_model import write_answering_model
from over_vllm import OVER_VLLM
from rich.console import Console
from tiny_dataset import write_tiny_dataset

from mifg_pipeline.config import TrainSettings, load_train_settings
from mifg_pipeline.engines.vllm.child import SERVER
from mifg_pipeline.errors import MifgError
from mifg_pipeline.imagent.bucket import Bucket
from mifg_pipeline.train.folder import TrainFolder, settings_yaml
from mifg_pipeline.train.loop import Trainer
from mifg_pipeline.train.policy import Policy
from mifg_pipeline.train.presets import read_config
from mifg_pipeline.train.ranks import Ranks

SIZES = ("episode.max_turn_tokens=48", "episode.max_tokens=4096", "checkpoint.every=1000")
MOVES = ("optimizer.warmup_steps=0", "optimizer.learning_rate=0.001")
"""An update whose absence shows, of a size that leaves groups with signal for the next.

Ten times as much turns the tiny model into one that float32 itself computes no better than to 3e-5 of float64.
"""

KINDS = {"full": (), "with vision": ("model.train_vision=true",), "adapters": ("model.lora.rank=4",)}
PARITY = 1e-5
"""Nats by which engine and trainer may differ in float32."""

KILLS, STEPS_PER_KILL = 4, 5

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]  # restarts take minutes on a busy machine


@pytest.fixture(scope="module", name="materials")
def _materials(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a dataset and of a model that answers at random; its head is its token embeddings."""
    folder = tmp_path_factory.mktemp("materials")
    write_tiny_dataset(folder / "data")
    write_answering_model(folder / "model", folder / "data", settings_of(folder, folder).episode, tied=True)
    return folder


def settings_of(materials: Path, out: Path, *overrides: str) -> TrainSettings:
    places = (f"model.path={materials / 'model'}", f"data.path={materials / 'data'}", f"out={out}")
    return load_train_settings(read_config("cpu"), [*places, *SIZES, *OVER_VLLM, *overrides])


def run(settings: TrainSettings, kind: type[Trainer] = Trainer) -> tuple[list[dict], Trainer]:
    """The metrics of a training, and its trainer."""
    folder = TrainFolder(settings.out)
    folder.prepare(settings)
    with Ranks() as ranks:
        trainer = kind(settings, folder, ranks, Console(file=io.StringIO()))
        trainer.run()
    return [json.loads(line) for line in (settings.out / "metrics.jsonl").open()], trainer


@pytest.mark.parametrize("kind", KINDS)
def test_engine_and_trainer_are_one_model_after_each_update(materials: Path, tmp_path: Path, kind: str) -> None:
    rows, _ = run(settings_of(materials, tmp_path / "run", "steps=3", *MOVES, *KINDS[kind]))
    assert any(row["grad_norm"] for row in rows)
    assert all(0 < row["cached_share"] < 1 for row in rows), "trajectories of a group share the question"
    assert max(row["probe_gap"] for row in rows) <= PARITY
    assert max(row["gap_max"] for row in rows) <= PARITY


def test_two_ranks_have_an_engine_each_and_train_one_model(materials: Path, tmp_path: Path) -> None:
    settings = settings_of(materials, tmp_path / "run", "steps=2", *MOVES)
    config = tmp_path / "config.yaml"
    config.write_text(settings_yaml(settings), encoding="utf-8")
    programs = Path(sys.executable).parent
    torchrun = [programs / "torchrun", "--standalone", "--nproc-per-node=2", "--no-python"]
    done = subprocess.run([*torchrun, programs / "mifg", "train", config], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (settings.out / "metrics.jsonl").open()]
    assert any(row["grad_norm"] for row in rows)
    assert max(max(row["probe_gap"], row["gap_max"]) for row in rows) <= PARITY
    played = settings.rollout.groups * settings.rollout.group_size
    assert [sum(row[name] for name in row if name.startswith("ends.")) for row in rows] == [played] * 2
    assert sum(row["lost"] for row in rows) == 0
    assert sorted(log.name for log in settings.out.glob("engine-*.log")) == ["engine-0.log", "engine-1.log"]


def test_a_weight_that_does_not_go_over_stops_the_run(
    materials: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = Policy.checkpoint_weights
    forgotten = "model.layers.0.mlp.down_proj.weight"
    monkeypatch.setattr(
        Policy,
        "checkpoint_weights",
        lambda policy: ((name, weight) for name, weight in everything(policy) if name != forgotten),
    )
    with pytest.raises(MifgError, match="Engine and trainer differ"):
        run(settings_of(materials, tmp_path / "run", "steps=4", *MOVES))


def engine_processes() -> list[int]:
    """Of all engines that this process has started, without their keepers."""
    below = psutil.Process().children(recursive=True)
    return [process.pid for process in below if process.cmdline()[1:3] == ["-m", SERVER]]


class KilledEngine(Trainer):
    """Trains while its engine is killed (-9) once in every few steps, at any moment of a step."""

    kills, failed, is_sampling = 0, 0, False

    def _open_engine(self):
        self.of_others = set(engine_processes())
        engine = super()._open_engine()
        sample = engine.step

        def counting():
            turns = sample()
            if self.is_sampling:
                self.failed += sum(turn.failure is not None for turn in turns)
            return turns

        engine.step = counting
        return engine

    def _step(self, state):
        rng = random.Random(state.step // STEPS_PER_KILL)
        if state.step % STEPS_PER_KILL == rng.randrange(STEPS_PER_KILL - 2):
            threading.Timer(rng.uniform(0, 0.4), self._kill).start()
        return super()._step(state)

    def _sample(self, step, drawn):
        self.is_sampling = True
        sampled = super()._sample(step, drawn)
        self.is_sampling = False
        return sampled

    def _kill(self):
        for pid in set(engine_processes()) - self.of_others:
            os.kill(pid, signal.SIGKILL)
            self.kills += 1


@pytest.fixture(scope="module", name="killed")
def _killed(materials: Path, tmp_path_factory: pytest.TempPathFactory):
    """A training whose engine was killed again and again: settings, metrics and trainer."""
    steps = KILLS * STEPS_PER_KILL
    settings = settings_of(materials, tmp_path_factory.mktemp("killed") / "run", f"steps={steps}", *MOVES)
    return settings, *run(settings, KilledEngine)


def test_all_steps_are_done_though_the_engine_is_killed_again_and_again(killed) -> None:
    settings, rows, trainer = killed
    assert trainer.kills == KILLS
    assert [row["step"] for row in rows] == list(range(1, settings.steps + 1))
    assert sum(row["engine_restarts"] for row in rows) == KILLS


def test_every_trajectory_that_a_kill_ended_is_counted(killed) -> None:
    settings, rows, trainer = killed
    assert sum(row["lost"] for row in rows) == trainer.failed > 0
    size = settings.rollout.groups * settings.rollout.group_size
    for row in rows:
        assert sum(figure for name, figure in row.items() if name.startswith("ends.")) == size
        assert row["ends.infra_error"] <= row["lost"]


def test_every_token_of_a_step_with_a_kill_is_in_one_bucket(killed) -> None:
    settings, rows, _ = killed
    for row in rows:
        path = TrainFolder(settings.out).trajectories_path(row["step"])
        tokens = sum(len(json.loads(line)["trajectory"]["tracks"]["token_ids"]) for line in path.open())
        assert sum(row[f"tokens.{bucket.name.lower()}"] for bucket in Bucket if bucket is not Bucket.PADDING) == tokens


def test_the_engine_has_the_weights_of_now_after_each_kill(killed) -> None:
    _, rows, _ = killed
    moved = [row["step"] for row in rows if row["grad_norm"]]
    assert len(moved) > len(rows) / 2, "where no step moves a weight, those of before are those of now"
    assert max(row["probe_gap"] for row in rows) <= PARITY
    assert max(row["gap_max"] for row in rows) <= PARITY
