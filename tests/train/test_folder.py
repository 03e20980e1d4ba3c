"""The folder of a training run: locked, resumed with equal settings alone, and cut to the end of a step."""

import shutil
import subprocess
import sys

import pytest
import yaml

from mifg_pipeline.config import TrainSettings, load_train_settings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import Record
from mifg_pipeline.train.folder import TrainFolder, settings_digest, settings_yaml, step_of

HOLD_LOCK = """
import sys
from pathlib import Path
from mifg_pipeline.train.folder import TrainFolder
with TrainFolder(Path(sys.argv[1])).locked():
    print("locked", flush=True)
    sys.stdin.read()
"""
REQUIRED = ["model.path=m", "data.path=d", "out=o"]


class Line(Record):
    """Stands for a trajectory."""

    number: float


def settings(*overrides):
    return load_train_settings(None, [*REQUIRED, *overrides])


@pytest.fixture
def folder(tmp_path):
    folder = TrainFolder(tmp_path / "runs" / "one")
    folder.prepare(settings())
    return folder


def test_the_settings_read_back_as_written(folder):
    assert folder.read_settings() == settings()


def test_the_settings_on_disk_start_the_same_run(folder):
    assert load_train_settings(folder.settings_path.read_text(), []) == settings()


def test_a_folder_with_other_files_is_no_run(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(MifgError, match="empty or new folder"):
        TrainFolder(tmp_path).prepare(settings())


def test_a_folder_that_a_kill_left_without_settings_is_taken(tmp_path):
    folder = TrainFolder(tmp_path)
    with folder.locked():
        (tmp_path / ".settings.yaml.x1y2").write_text("half")
        folder.prepare(settings())
    assert folder.read_settings() == settings()


def test_a_folder_without_settings_is_not_opened(tmp_path):
    with pytest.raises(MifgError, match="no settings"):
        TrainFolder.open(tmp_path)


def test_settings_of_another_version_are_said(folder):
    content = yaml.safe_load(folder.settings_path.read_text())
    folder.settings_path.write_text(yaml.safe_dump(content | {"no_such_setting": 1}))
    with pytest.raises(MifgError, match="no_such_setting"):
        folder.read_settings()


def finish_a_step(folder):
    folder.trajectories_path(1).touch()


def test_every_changed_setting_is_named_with_both_values(folder):
    finish_a_step(folder)
    with pytest.raises(MifgError) as refused:
        folder.prepare(
            settings("seed=4", "loss.kind=grpo", "model.lora.targets=[q_proj]", "episode.coordinates=pixels")
        )
    for change in (
        "seed was 0, is 4",
        "loss.kind was dapo, is grpo",
        "model.lora.targets was [q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj], is [q_proj]",
        "episode.coordinates was null, is pixels",
    ):
        assert change in refused.value.problem


@pytest.mark.parametrize(
    "change",
    [
        "steps=7",
        "out=elsewhere",
        "memory_limit=20",
        "checkpoint.every=3",
        "alarms.action=pause",
        "log.tensorboard=true",
        "rollout.batch_size=2",
        "rollout.retries=0",
        "optimizer.micro_batch_tokens=99",
    ],
)
def test_settings_that_say_how_far_and_how_fast_may_change(folder, change):
    finish_a_step(folder)
    folder.prepare(settings(change))
    assert folder.read_settings() == settings(change)
    assert settings_digest(settings(change)) == settings_digest(settings())


def test_a_start_that_came_to_nothing_binds_to_no_setting(folder):
    folder.metrics.path.touch()
    folder.prepare(settings("model.path=another", "optimizer.learning_rate=0.5"))
    assert folder.read_settings() == settings("model.path=another", "optimizer.learning_rate=0.5")


def test_every_other_setting_must_stay(folder):
    """A setting that is added later is one that must stay, until somebody says otherwise."""
    kept = {"steps", "out", "memory_limit", "checkpoint", "alarms", "log"}
    assert set(TrainSettings.model_fields) - kept == {
        "model", "data", "seed", "episode", "rollout", "reward", "advantage", "mask", "loss", "optimizer",
    }  # fmt: skip
    finish_a_step(folder)
    with pytest.raises(MifgError, match=r"optimizer\.learning_rate"):
        folder.prepare(settings("optimizer.learning_rate=0.5"))


def test_settings_as_yaml_are_a_config():
    chosen = settings("episode.tools=false", "optimizer.betas=[0.8, 0.9]")
    assert load_train_settings(settings_yaml(chosen), []) == chosen


def test_trajectories_are_written_one_a_line(folder):
    path = folder.trajectories_path(7)
    folder.write_trajectories(path, [Line(number=1), Line(number=2)])
    assert path.name == "step-000007.jsonl"
    assert [Line.model_validate_json(line).number for line in path.read_text().splitlines()] == [1, 2]


def test_trajectories_that_fail_midway_are_not_there(folder):
    def broken():
        yield Line(number=1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        folder.write_trajectories(folder.trajectories_path(7), broken())
    assert list(folder.trajectories_path(7).parent.iterdir()) == []


def test_a_cut_takes_the_folder_back_to_the_end_of_a_step(folder):
    for step in (1, 2, 3):
        folder.write_trajectories(folder.trajectories_path(step), [Line(number=step)])
        folder.metrics.append({"step": step, "time": {}})
    (folder.trajectories_path(0).parent / ".step-000004.jsonl.x1").write_text("half")
    (folder.checkpoints / "step-000002").mkdir()
    (folder.checkpoints / ".step-000003.partial").mkdir()
    folder.cut(2)
    left = sorted(str(path.relative_to(folder.root)) for path in folder.root.rglob("*") if not path.is_dir())
    assert left == [
        "metrics.jsonl",
        "settings.yaml",
        "trajectories/step-000001.jsonl",
        "trajectories/step-000002.jsonl",
    ]
    assert [path.name for path in folder.checkpoints.iterdir()] == ["step-000002"]
    assert [row["step"] for row in folder.metrics.rows_until(2)] == [1, 2]


def test_a_failed_step_stays_when_the_run_is_resumed(folder):
    folder.write_trajectories(folder.failed(3) / "trajectories.jsonl", [Line(number=3)])
    folder.cut(2)
    assert (folder.failed(3) / "trajectories.jsonl").is_file()


def test_a_second_process_is_refused(folder):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_LOCK, folder.root], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(MifgError, match="Another process"), folder.locked():
            pass
    finally:
        holder.communicate("")
    with folder.locked():
        pass


def test_a_run_that_was_moved_is_resumed(folder, tmp_path):
    moved = TrainFolder(shutil.move(folder.root, tmp_path / "moved"))
    moved.prepare(settings("out=moved"))


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MifgError, match="Choose a folder"), TrainFolder(tmp_path / "file" / "run").locked():
        pass


@pytest.mark.parametrize(
    ("name", "step"), [("step-000007.jsonl", 7), ("step-1234567", 1234567), ("step-7", None), ("other", None)]
)
def test_a_name_says_its_step(name, step, tmp_path):
    assert step_of(tmp_path / name) == step
