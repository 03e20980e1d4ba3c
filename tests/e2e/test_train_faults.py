"""Training that is killed goes on as if nothing had happened; what goes wrong is said, and nothing is lost."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import killed_training
import pytest
from answering_model import write_answering_model
from safetensors.torch import load_file
from tiny_dataset import write_tiny_dataset

from mifg_pipeline.config import TrainSettings, load_train_settings
from mifg_pipeline.train.folder import settings_yaml
from mifg_pipeline.train.presets import read_config

pytestmark = pytest.mark.slow

STEPS = 4
KILLS = [
    *(("step-boundary", step) for step in range(1, STEPS + 1)),
    *((place, 2) for place in killed_training.PLACES if place != "step-boundary"),
]


@pytest.fixture(scope="module", name="materials")
def _materials(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a dataset and of a model that answers at random, so that groups have signal."""
    folder = tmp_path_factory.mktemp("materials")
    write_tiny_dataset(folder / "data")
    write_answering_model(folder / "model", folder / "data", settings_of(folder, folder).episode)
    return folder


def settings_of(materials: Path, out: Path, *overrides: str) -> TrainSettings:
    places = (f"model.path={materials / 'model'}", f"data.path={materials / 'data'}", f"out={out}")
    sizes = (f"steps={STEPS}", "checkpoint.every=1", "episode.max_turn_tokens=48", "episode.max_tokens=4096")
    return load_train_settings(read_config("cpu"), [*places, *sizes, *overrides])


def start(config: Path, *killed_at: str) -> subprocess.CompletedProcess[str]:
    script = killed_training.__file__
    command = [sys.executable, script, *killed_at] if killed_at else [Path(sys.executable).parent / "mifg", "train"]
    return subprocess.run([*command, config], capture_output=True, text=True, check=False)


def written(folder: Path, settings: TrainSettings) -> Path:
    path = folder / f"{settings.out.name}.yaml"
    path.write_text(settings_yaml(settings))
    return path


def metrics_of(out: Path) -> list[dict]:
    rows = [json.loads(line) for line in (out / "metrics.jsonl").open()]
    return [{name: value for name, value in row.items() if name != "time"} for row in rows]


def weights_of(out: Path) -> dict:
    return load_file(out / "checkpoints" / f"step-{STEPS:06d}" / "model" / "model.safetensors")


def test_training_killed_at_every_place_of_a_step_ends_bit_equal(materials, tmp_path):
    calm = written(tmp_path, settings_of(materials, tmp_path / "calm"))
    assert start(calm).returncode == 0
    troubled = written(tmp_path, settings_of(materials, tmp_path / "troubled"))
    for place, step in sorted(KILLS, key=lambda kill: kill[1]):
        finished = start(troubled, place, str(step))
        assert finished.returncode == -signal.SIGKILL, (place, step, finished.stderr)
    assert start(troubled).returncode == 0
    assert metrics_of(tmp_path / "troubled") == metrics_of(tmp_path / "calm")
    assert any(row["tokens.trained"] for row in metrics_of(tmp_path / "calm"))
    ours, theirs = weights_of(tmp_path / "troubled"), weights_of(tmp_path / "calm")
    assert all(bool((ours[name] == theirs[name]).all()) for name in theirs)
    for step in range(1, STEPS + 1):
        name = f"trajectories/step-{step:06d}.jsonl"
        assert (tmp_path / "troubled" / name).read_bytes() == (tmp_path / "calm" / name).read_bytes()


def test_a_step_without_numbers_stops_the_run_and_keeps_the_batch(materials, tmp_path):
    wild = settings_of(materials, tmp_path / "wild", "optimizer.learning_rate=1e36", "optimizer.warmup_steps=0")
    finished = start(written(tmp_path, wild))
    assert finished.returncode == 1
    assert "no finite probability" in finished.stderr
    assert "Traceback" not in finished.stderr
    (lines,) = (tmp_path / "wild" / "failed").glob("step-*/trajectories.jsonl")
    replayed = subprocess.run(
        [Path(sys.executable).parent / "mifg", "replay", lines], capture_output=True, text=True, check=False
    )
    assert replayed.returncode == 0, replayed.stderr
    assert "infra_error" in replayed.stdout


def test_a_resume_with_other_settings_names_them(materials, tmp_path):
    first = settings_of(materials, tmp_path / "run", "steps=1")
    assert start(written(tmp_path, first)).returncode == 0
    second = settings_of(materials, tmp_path / "run", "seed=5", "loss.kind=grpo")
    finished = start(written(tmp_path, second))
    assert finished.returncode == 1
    assert "loss.kind was dapo, is grpo" in finished.stderr
    assert "seed was 0, is 5" in finished.stderr


def test_two_ranks_train_as_one_does(materials, tmp_path):
    alone = settings_of(materials, tmp_path / "alone", "steps=2")
    assert start(written(tmp_path, alone)).returncode == 0
    shared = written(tmp_path, settings_of(materials, tmp_path / "shared", "steps=2"))
    bin_folder = Path(sys.executable).parent
    torchrun = [bin_folder / "torchrun", "--standalone", "--nproc-per-node=2", "--no-python"]
    done = subprocess.run(
        [*torchrun, bin_folder / "mifg", "train", shared], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    ours, theirs = metrics_of(tmp_path / "shared"), metrics_of(tmp_path / "alone")
    assert any(row["tokens.trained"] for row in theirs)
    for row, expected in zip(ours, theirs, strict=True):
        assert row.pop("probe_gap") < 1e-4, "the copy that is sampled is the policy"
        assert expected.pop("probe_gap") is None, "the policy itself is sampled"
        assert (row.pop("cached_share"), expected.pop("cached_share")) == (None, None), "prompts are read anew"
        assert row == pytest.approx(expected, rel=1e-3, abs=1e-5)


def test_episodes_longer_than_the_model_reads_are_refused(materials, tmp_path):
    finished = start(written(tmp_path, settings_of(materials, tmp_path / "run", "episode.max_tokens=10000000")))
    assert finished.returncode == 1
    assert "Lower episode.max_tokens" in finished.stderr
