"""What a run is made of: the seed decides all that is random, and nothing is exchanged under a run that goes on."""

import io
import random
import shutil
from pathlib import Path

import pytest
import torch
from answering_model import write_answering_model
from rich.console import Console
from safetensors.torch import load_file, save_file
from tiny_dataset import write_tiny_dataset

from mifg_pipeline.config import TrainSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.train.loop import train

ADAPTERS = ("model.lora.rank=2", "steps=1")


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_model, tmp_path / "model")


@pytest.fixture
def dataset(tiny_dataset: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_dataset, tmp_path / "data")


def run(settings: TrainSettings) -> None:
    train(settings, Console(file=io.StringIO()))


def test_questions_that_were_exchanged_are_refused(small_run, dataset):
    run(small_run(f"data.path={dataset}", "steps=1"))
    write_tiny_dataset(dataset, rows=5)
    with pytest.raises(MifgError, match="data is not what the run was trained on until step 1"):
        run(small_run(f"data.path={dataset}"))


def test_a_base_that_was_exchanged_is_refused_under_adapters(small_run, model):
    run(small_run(f"model.path={model}", *ADAPTERS))
    weights = load_file(model / "model.safetensors")
    save_file({name: weight * 1.01 for name, weight in weights.items()}, model / "model.safetensors", {"format": "pt"})
    with pytest.raises(MifgError, match="model is not what the run was trained on until step 1"):
        run(small_run(f"model.path={model}", "model.lora.rank=2"))


def test_materials_that_were_moved_and_put_back_are_the_same(small_run, model, dataset):
    places = (f"model.path={model}", f"data.path={dataset}", "model.lora.rank=2")
    run(small_run(*places, "steps=1"))
    for folder in (model, dataset):
        shutil.copytree(folder, folder.with_name("copy"))
        shutil.rmtree(folder)
        folder.with_name("copy").rename(folder)
    settings = small_run(*places)
    run(settings)
    assert (settings.out / "checkpoints" / "step-000002").is_dir()


def test_the_seed_decides_what_dropout_leaves_out(small_run, tiny_dataset, tmp_path):
    sizes = ("episode.max_turn_tokens=48", "episode.max_tokens=4096", "rollout.group_size=8")
    learning = (*sizes, "optimizer.warmup_steps=0", "optimizer.learning_rate=0.01", "optimizer.updates_per_batch=2")
    write_answering_model(tmp_path / "model", tiny_dataset, small_run(*sizes).episode)
    adapters = ("model.lora.rank=2", "model.lora.dropout=0.5", f"model.path={tmp_path / 'model'}")

    def trained(name: str, seed: int) -> dict[str, torch.Tensor]:
        torch.manual_seed(random.randrange(2**32))
        settings = small_run(*adapters, *learning, f"seed={seed}", out=tmp_path / name)
        run(settings)
        return load_file(settings.out / "checkpoints" / "step-000002" / "model" / "adapter_model.safetensors")

    one, same, other = trained("one", 3), trained("same", 3), trained("other", 4)
    assert any(weight.any() for name, weight in one.items() if "lora_B" in name), "nothing was learned"
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)
