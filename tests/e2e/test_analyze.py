"""`mifg analyze` on runs that `mifg train` wrote: full weights and adapters, as users start it."""

import json
from pathlib import Path

import pytest
from answering_model import write_answering_model
from rich.console import Console
from tiny_dataset import write_tiny_dataset

from mifg_pipeline.config import TrainSettings, load_train_settings
from mifg_pipeline.train.folder import TrainFolder
from mifg_pipeline.train.loop import train
from mifg_pipeline.train.presets import read_config

pytestmark = pytest.mark.slow

LOOKING = (4, 4, 6, 1)
"""Replies of ``answering_model`` of which many look again."""
STEP = 2


@pytest.fixture(scope="module", name="run", params=[0, 4], ids=["full weights", "adapters"])
def _run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TrainSettings:
    """A run of two steps, with a checkpoint after each."""
    root: Path = tmp_path_factory.mktemp("analyzed")
    write_tiny_dataset(root / "dataset")
    places = (f"model.path={root / 'model'}", f"data.path={root / 'dataset'}", f"out={root / 'run'}")
    small = (f"steps={STEP}", "rollout.group_size=6", "checkpoint.every=1", "episode.max_turn_tokens=32")
    settings = load_train_settings(read_config("cpu"), [*places, *small, f"model.lora.rank={request.param}"])
    write_answering_model(root / "model", root / "dataset", settings.episode, LOOKING)
    train(settings, Console(quiet=True))
    return settings


@pytest.fixture(name="step")
def _step(run):
    return TrainFolder(run.out).trajectories_path(STEP)


def analyzed(mifg, analysis, step, *options):
    return json.loads(mifg("analyze", analysis, step, "--json", *options).stdout)


def test_the_gradient_of_the_runs_plan_is_the_one_that_the_run_took(run, step, mifg):
    row = json.loads((run.out / "metrics.jsonl").read_text().splitlines()[STEP - 1])
    own, *others = analyzed(mifg, "masks", step)["plans"]
    assert row["grad_norm"] > 0
    assert own["gradient_norm"] == pytest.approx(row["grad_norm"], rel=1e-3)
    assert own["cosine"] == pytest.approx(1)
    assert len(others) == 4


def test_attention_is_that_of_the_steps_own_weights(step, mifg):
    content = analyzed(mifg, "attention", step, "--most", 5)
    assert "with which the trajectories were sampled" in content["origin"]
    assert len(content["trajectories"]) == 5
    for one in content["trajectories"]:
        for turn in one["turns"]:
            assert all(sum(shares.values()) == pytest.approx(1, abs=1e-5) for shares in turn["attention"].values())


def test_looks_are_weighed(step, mifg, tmp_path):
    shown = mifg("analyze", "look-again", step, "--out", tmp_path / "looks").stdout
    assert "all answers, less a blank" in shown
    content = json.loads((tmp_path / "looks" / "look-again.json").read_text())
    assert content["answers"]
    assert all(answer["looks"] >= 1 for answer in content["answers"])


def test_a_file_of_something_else_is_refused(mifg, tmp_path):
    (tmp_path / "lines.jsonl").write_text("{}\n")
    done = mifg("analyze", "attention", tmp_path / "lines.jsonl", status=1)
    assert "is no file of trajectories" in done.stderr
