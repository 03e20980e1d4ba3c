"""Checkpoints: a restored run goes on bit for bit, and no mishap leaves half of one."""

import errno
import itertools
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
import torch
from full_disk import files_up_to
from tiny_model import write_tiny_model

from mifg_pipeline.config.train import LoraSettings, ModelSettings, OptimizerSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.errors import MifgError
from mifg_pipeline.train.checkpoints import (
    MODEL,
    TrainState,
    complete_checkpoints,
    latest_checkpoint,
    restore,
    save_checkpoint,
)
from mifg_pipeline.train.model import load_for_sampling, load_policy
from mifg_pipeline.train.optimizer import adamw
from mifg_pipeline.train.ranks import Ranks

ALONE = Ranks()
VARIANTS = {
    "full": {},
    "with vision": {"train_vision": True},
    "bfloat16": {"dtype": "bfloat16"},
    "adapters": {"lora": LoraSettings(rank=4, alpha=8)},
    "adapters on bfloat16": {"lora": LoraSettings(rank=4, alpha=8), "dtype": "bfloat16"},
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny") / "model"
    write_tiny_model(folder, hidden=32, layers=1, vision_hidden=32, tied=True)
    return folder


class Run:
    """A policy and its optimiser, which take steps along random gradients."""

    def __init__(self, tiny, **model):
        torch.manual_seed(0)
        self.policy = load_policy(ModelSettings(path=str(tiny), **model), seed=0, device=torch.device("cpu"))
        self.optimizer = adamw(
            self.policy.trainable_parameters(), OptimizerSettings(learning_rate=0.01, weight_decay=0.1)
        )

    def train(self, steps):
        for _ in range(steps):
            for parameter in self.policy.trainable_parameters():
                parameter.grad = torch.randn_like(parameter)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.policy.master_weights.publish()

    def save(self, checkpoints, step, keep=2):
        return save_checkpoint(checkpoints, state_of(step), self.policy, self.optimizer, keep, ALONE)

    def restore(self, path):
        return restore(path, self.policy, self.optimizer, ALONE)

    def tensors(self):
        """All that makes the run: weights, what the optimiser moves, and its moments."""
        moments = [value for entries in self.optimizer.state.values() for value in entries.values()]
        return [*self.policy.model.state_dict().values(), *self.policy.trainable_parameters(), *moments]


def state_of(step):
    return TrainState(step=step, drawn=16 * step, settings="0" * 32)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def checkpoints(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_restored_run_goes_on_bit_for_bit(variant, tiny, checkpoints):
    through = Run(tiny, **VARIANTS[variant])
    through.train(5)

    stopped = Run(tiny, **VARIANTS[variant])
    stopped.train(2)
    stopped.save(checkpoints, step=2)
    resumed = Run(tiny, **VARIANTS[variant])
    torch.manual_seed(99)
    assert resumed.restore(latest_checkpoint(checkpoints)) == state_of(2)
    resumed.train(3)

    pairs = list(zip(through.tensors(), resumed.tensors(), strict=True))
    assert all(torch.equal(left, right) for left, right in pairs)


def test_the_model_of_a_checkpoint_is_one_to_sample_from(tiny, checkpoints):
    run = Run(tiny)
    run.train(1)
    model = load_for_sampling(str(run.save(checkpoints, step=1) / MODEL), torch.device("cpu"))
    assert torch.equal(model.module.lm_head.weight, run.policy.model.lm_head.weight)
    assert ChatFormat.load(model.chat_folder).end_of_turn_id == ChatFormat.load(tiny).end_of_turn_id


def test_nothing_in_memory_hangs_on_the_file_that_it_was_restored_from(tiny, checkpoints):
    Run(tiny).save(checkpoints, step=1)
    trained = Run(tiny)
    trained.train(1)
    trained.save(checkpoints, step=2)
    run = Run(tiny)
    run.restore(checkpoints / "step-000002")
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("the system does not say what is mapped")
    assert "trainer.pt" not in maps.read_text()


def test_older_checkpoints_go_when_the_newer_one_is_there(tiny, checkpoints):
    run = Run(tiny)
    for step in (2, 4, 10):
        run.save(checkpoints, step, keep=2)
    assert names(checkpoints) == ["step-000004", "step-000010"]
    assert latest_checkpoint(checkpoints).name == "step-000010"


def test_there_is_none_before_the_first(checkpoints):
    assert latest_checkpoint(checkpoints) is None


def test_what_a_kill_left_half_written_is_none(tiny, checkpoints):
    Run(tiny).save(checkpoints, step=2)
    (checkpoints / ".step-000004.partial" / MODEL).mkdir(parents=True)
    assert latest_checkpoint(checkpoints).name == "step-000002"


@pytest.mark.parametrize("stray", ["step-000004.bak", "step-000004.damaged", "step-4", "notes"])
def test_only_a_folder_of_a_steps_very_name_is_a_checkpoint(tiny, checkpoints, stray):
    run = Run(tiny)
    shutil.copytree(run.save(checkpoints, step=2), checkpoints / stray)
    (checkpoints / "step-000009").touch()
    assert list(complete_checkpoints(checkpoints)) == [2]


def test_a_checkpoint_that_the_system_does_not_let_go_of_stops_nothing(tiny, checkpoints, monkeypatch):
    run = Run(tiny)
    run.save(checkpoints, step=2, keep=1)
    remove = shutil.rmtree

    def held(path, ignore_errors=False, **others):
        if not ignore_errors:
            raise OSError(errno.ENOTEMPTY, "Directory not empty")

    monkeypatch.setattr(shutil, "rmtree", held)
    run.save(checkpoints, step=4, keep=1)
    assert list(complete_checkpoints(checkpoints)) == [4]
    monkeypatch.setattr(shutil, "rmtree", remove)
    run.save(checkpoints, step=6, keep=1)
    assert [path.name for path in checkpoints.iterdir()] == ["step-000006"]


def test_a_step_that_is_saved_already_is_left_as_it_is(tiny, checkpoints):
    run = Run(tiny)
    before = (run.save(checkpoints, step=2) / "state.json").stat()
    run.save(checkpoints, step=2)
    assert (checkpoints / "step-000002" / "state.json").stat() == before


@pytest.mark.parametrize("file", ["model/model.safetensors", "trainer.pt", "state.json"])
def test_a_full_disk_leaves_the_checkpoint_before(file, tiny, checkpoints):
    run = Run(tiny)
    run.train(2)
    size = (run.save(checkpoints, step=2) / file).stat().st_size
    with files_up_to(size - 1), pytest.raises(MifgError, match="Free disk space"):
        run.save(checkpoints, step=4)
    assert names(checkpoints) == ["step-000002"]
    assert Run(tiny).restore(latest_checkpoint(checkpoints)) == state_of(2)


@pytest.mark.parametrize("file", ["state.json", "trainer.pt", "model/model.safetensors"])
def test_a_damaged_checkpoint_is_said(file, tiny, checkpoints):
    path = Run(tiny).save(checkpoints, step=2)
    with (path / file).open("r+b") as damaged:
        damaged.truncate(9)
    with pytest.raises(MifgError, match="cannot be read") as refused:
        Run(tiny).restore(path)
    assert "the only one" in refused.value.remedy
    Run(tiny).save(checkpoints, step=1)
    with pytest.raises(MifgError, match="goes on from step-000001") as refused:
        Run(tiny).restore(path)
    assert "\n" not in str(refused.value)


def test_a_trainer_file_of_something_else_is_damage(tiny, checkpoints):
    path = Run(tiny).save(checkpoints, step=2)
    torch.save({"moments": 1}, path / "trainer.pt")
    with pytest.raises(MifgError, match="cannot be read: it lacks 'optimizer'"):
        Run(tiny).restore(path)


def test_a_checkpoint_of_another_model_is_refused(tiny, checkpoints, tmp_path):
    path = Run(tiny).save(checkpoints, step=2)
    write_tiny_model(tmp_path / "wider", hidden=64, layers=1, vision_hidden=32)
    with pytest.raises(MifgError, match="do not fit"):
        Run(tmp_path / "wider").restore(path)


FILE_EVENTS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "shutil.copyfile"}


def killed_at(event, action):
    """Runs the action in a process that is killed (-9) just before it touches files for that time.

    Returns:
        Whether it came that far.
    """
    child = os.fork()
    if not child:
        left = event

        def count(name, _):
            nonlocal left
            if name in FILE_EVENTS:
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        try:
            action()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.slow
def test_whenever_it_is_killed_every_checkpoint_is_whole(tiny, tmp_path):
    torch.set_num_threads(1)  # a forked process has no others
    run = Run(tiny)
    run.train(1)
    first = run.save(tmp_path, step=1)
    restored = []
    for event in itertools.count(1):
        checkpoints = tmp_path / str(event)
        shutil.copytree(first, checkpoints / first.name)
        was_killed = killed_at(event, lambda folder=checkpoints: run.save(folder, step=2, keep=1))
        restored.append([Run(tiny).restore(path).step for path in complete_checkpoints(checkpoints).values()])
        shutil.rmtree(checkpoints)
        if not was_killed:
            break
    assert [steps for steps, _ in itertools.groupby(restored)] == [[1], [1, 2], [2]]
