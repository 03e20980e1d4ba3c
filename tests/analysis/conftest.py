"""Tiny models of both families, and a run whose trajectories were played by a script."""

from pathlib import Path

import pytest
from scripted_run import write_scripted_run
from tiny_dataset import write_tiny_dataset
from tiny_model import write_tiny_model

from mifg_pipeline.analysis.source import Source, open_source


@pytest.fixture(scope="session", name="tiny_dataset")
def _tiny_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a dataset of two questions over two images each."""
    folder = tmp_path_factory.mktemp("tiny") / "dataset"
    write_tiny_dataset(folder, rows=2)
    return folder


@pytest.fixture(scope="session", name="checkpoint", params=["qwen2_5_vl", "qwen3_vl"])
def _checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny checkpoint of three layers."""
    folder = tmp_path_factory.mktemp(request.param)
    write_tiny_model(folder, family=request.param, layers=3)
    return folder


@pytest.fixture(scope="session", name="step")
def _step(checkpoint: Path, tiny_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """File of a step's trajectories: for each question those of ``scripted_run.PLAYS``."""
    return write_scripted_run(tmp_path_factory.mktemp("scripted") / "run", checkpoint, tiny_dataset)


@pytest.fixture(scope="session", name="source")
def _source(step: Path) -> Source:
    """What analyses read of it."""
    return open_source(step, None, None)
