"""A tiny model, a tiny dataset, and settings of a run that takes a second."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_dataset import write_tiny_dataset
from tiny_model import write_tiny_model

from mifg_pipeline.config import TrainSettings, load_train_settings
from mifg_pipeline.train.presets import read_config

SMALL = (
    "steps=2",
    "rollout.groups=2",
    "rollout.group_size=3",
    "checkpoint.every=1",
    "episode.max_turns=2",
    "episode.max_turn_tokens=8",
)


@pytest.fixture(scope="session", name="tiny_model")
def _tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny Qwen2.5-VL checkpoint."""
    folder = tmp_path_factory.mktemp("tiny") / "model"
    write_tiny_model(folder)
    return folder


@pytest.fixture(scope="session", name="tiny_dataset")
def _tiny_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a dataset of six questions over two images each."""
    folder = tmp_path_factory.mktemp("tiny") / "dataset"
    write_tiny_dataset(folder)
    return folder


@pytest.fixture(name="small_run")
def _small_run(tiny_model: Path, tiny_dataset: Path, tmp_path: Path) -> Callable[..., TrainSettings]:
    """Builds the settings of a run of two steps; further ``key=value`` overrides change them."""

    def build(*overrides: str, out: Path = tmp_path / "run") -> TrainSettings:
        places = (f"model.path={tiny_model}", f"data.path={tiny_dataset}", f"out={out}")
        return load_train_settings(read_config("cpu"), [*SMALL, *places, *overrides])

    return build
