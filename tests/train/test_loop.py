"""The whole trainer on a tiny model: what it writes, and that stopping it changes nothing."""

import copy
import io
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file

from mifg_pipeline.config import TrainSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.imagent.bucket import Bucket
from mifg_pipeline.imagent.trained_trajectory import TrainedTrajectory
from mifg_pipeline.train.folder import TrainFolder
from mifg_pipeline.train.loop import Trainer, train
from mifg_pipeline.train.ranks import Ranks
from mifg_pipeline.train.step_batch import step_batch
from mifg_pipeline.train.update_figures import UpdateFigures


def run(settings: TrainSettings) -> str:
    shown = io.StringIO()
    train(settings, Console(file=shown, width=200))
    return shown.getvalue()


def rows_of(settings: TrainSettings) -> list[dict]:
    rows = [json.loads(line) for line in (settings.out / "metrics.jsonl").open()]
    return [{name: value for name, value in row.items() if name != "time"} for row in rows]


def lines_of(settings: TrainSettings, step: int) -> list[TrainedTrajectory]:
    path = TrainFolder(settings.out).trajectories_path(step)
    return [TrainedTrajectory.model_validate_json(line) for line in path.open()]


def weights_of(settings: TrainSettings, step: int) -> dict:
    return load_file(settings.out / "checkpoints" / f"step-{step:06d}" / "model" / "model.safetensors")


def test_a_run_writes_metrics_trajectories_and_checkpoints(small_run):
    settings = small_run()
    shown = run(settings)
    rows = rows_of(settings)
    assert [row["step"] for row in rows] == [1, 2]
    assert [row["drawn"] for row in rows] == [2, 4]
    assert "step 2/2" in shown
    assert len(lines_of(settings, 1)) == 6
    assert weights_of(settings, 2)


def test_every_token_of_a_step_is_in_one_bucket(small_run):
    settings = small_run()
    run(settings)
    for step, row in enumerate(rows_of(settings), start=1):
        tokens = sum(len(line.trajectory.tracks.token_ids) for line in lines_of(settings, step))
        assert sum(row[f"tokens.{bucket.name.lower()}"] for bucket in Bucket if bucket is not Bucket.PADDING) == tokens
        for line in lines_of(settings, step):
            assert len(line.buckets) == len(line.trajectory.tracks.token_ids)


def test_a_run_that_stops_and_goes_on_is_bit_equal_to_one_that_does_not(small_run, tmp_path):
    whole = small_run("steps=4", "checkpoint.every=2", "rollout.groups=4", out=tmp_path / "whole")
    run(whole)
    parts = small_run("steps=2", "rollout.groups=4", out=tmp_path / "parts")
    run(parts)
    resumed = small_run("steps=4", "checkpoint.every=2", "rollout.groups=4", out=tmp_path / "parts")
    assert "Resuming after step 2" in run(resumed)
    assert rows_of(resumed) == rows_of(whole)
    ours, theirs = weights_of(resumed, 4), weights_of(whole, 4)
    assert all(bool((ours[name] == theirs[name]).all()) for name in theirs)


def test_the_policy_moves_where_groups_have_signal(small_run):
    settings = small_run("advantage.gate=none", "mask.trajectory=false", "mask.baseline=all", "steps=1")
    # Whatever a random model says is wrong; only a reward of its own lets it learn.
    run(settings)
    row = rows_of(settings)[0]
    assert row["gap_max"] is not None
    assert math.isfinite(row["loss"])


class LosingTrainer(Trainer):
    """A trainer whose engine loses the first two turns of each step, and is started again for it."""

    def _open_engine(self):
        engine = super()._open_engine()
        sample = engine.step

        def losing():
            turns = sample()
            lose, self.to_lose = min(self.to_lose, len(turns)), 0
            engine.restarts += lose > 0
            return [replace(turn, failure="lost") for turn in turns[:lose]] + turns[lose:]

        self.to_lose = 0
        engine.step = losing
        return engine

    def _sample(self, step, drawn):
        self.to_lose = 2
        return super()._sample(step, drawn)


def run_by(trainer, settings: TrainSettings) -> None:
    folder = TrainFolder(settings.out)
    folder.prepare(settings)
    with Ranks() as ranks:
        trainer(settings, folder, ranks, Console(file=io.StringIO())).run()


@pytest.mark.parametrize(("retries", "left"), [(1, 0), (0, 2)])
def test_lost_trajectories_are_counted_whether_or_not_they_are_sampled_again(small_run, retries: int, left: int):
    settings = small_run(f"rollout.retries={retries}")
    run_by(LosingTrainer, settings)
    for row in rows_of(settings):
        assert (row["lost"], row["engine_restarts"], row["ends.infra_error"]) == (2, 1, left)


class StaleTrainer(Trainer):
    """A trainer whose engine has weights of its own, other ones than the policy."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.policy.sample_with(copy.deepcopy(self.policy.model).requires_grad_(False))

    def _open_engine(self):
        engine = super()._open_engine()
        engine.sync = lambda weights: None
        with torch.no_grad():
            self.policy.sampling_module.lm_head.weight.mul_(1.5)
        return engine


def test_a_run_whose_engine_has_other_weights_does_not_begin(small_run):
    settings = small_run()
    with pytest.raises(MifgError, match="Engine and trainer differ"):
        run_by(StaleTrainer, settings)
    assert not (settings.out / "metrics.jsonl").exists()


def test_a_gap_that_the_settings_allow_is_a_metric(small_run):
    settings = small_run("rollout.max_gap=100")
    run_by(StaleTrainer, settings)
    assert all(row["probe_gap"] > 1e-3 for row in rows_of(settings))


def test_an_engine_that_samples_the_trained_module_is_probed_at_the_start_alone(small_run):
    settings = small_run()
    run(settings)
    assert [row["probe_gap"] for row in rows_of(settings)] == [None, None]


def test_abandoned_trajectories_are_counted_and_in_no_loss(small_run):
    settings = small_run("rollout.finish_share=0.5", "rollout.batch_size=1")
    run(settings)
    for row in rows_of(settings):
        assert row["ends.abandoned"] == 3
        assert row["tokens.trained"] + row["tokens.no_signal"] > 0


def test_a_finished_run_says_so_and_changes_nothing(small_run):
    settings = small_run()
    run(settings)
    before = (settings.out / "metrics.jsonl").read_bytes()
    assert "All 2 steps are done" in run(settings)
    assert (settings.out / "metrics.jsonl").read_bytes() == before


def test_questions_beyond_the_limits_of_an_episode_are_named(small_run):
    with pytest.raises(MifgError, match=r"longer than an episode may be.*episode\.max_tokens"):
        run(small_run("episode.max_tokens=40"))


def test_a_missing_split_is_named(small_run, tiny_dataset: Path):
    with pytest.raises(MifgError, match=r"no split 'test'.*it has train"):
        run(small_run("data.split=test"))


def test_a_step_of_fewer_groups_than_ranks_leaves_some_without_work(small_run):
    settings = small_run("rollout.groups=1", "steps=1")
    batch = step_batch([], [], settings, Ranks())
    assert batch.micro_batches(100) == []
    assert UpdateFigures(batch).account(settings.mask, Ranks()).counts[Bucket.TRAINED] == 0
