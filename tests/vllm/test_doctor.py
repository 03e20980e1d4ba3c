"""`mifg doctor` with a real vLLM engine: nothing fails of it as it is, and what is done to it is named."""

import json
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import typer
from tiny_dataset import write_tiny_dataset
from torch import Tensor
from typer.testing import CliRunner

from mifg_pipeline.cli.doctor import doctor as doctor_command
from mifg_pipeline.config import load_train_settings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.vllm.client import VllmEngine
from mifg_pipeline.train.data import load_questions
from mifg_pipeline.train.doctor.examination import examine_engine
from mifg_pipeline.train.doctor.subject import Subject
from mifg_pipeline.train.engine import open_engine
from mifg_pipeline.train.model import load_policy
from mifg_pipeline.train.presets import read_config

PYTHON = Path(__file__).parents[2] / ".venv-vllm" / "bin" / "python"


@pytest.fixture(scope="module")
def overrides(checkpoint, tmp_path_factory) -> list[str]:
    """Settings of a small run over vLLM that trains the vision tower as well."""
    dataset = tmp_path_factory.mktemp("dataset")
    write_tiny_dataset(dataset)
    return [
        f"model.path={checkpoint}",
        "model.train_vision=true",
        f"data.path={dataset}",
        f"out={dataset / 'run'}",
        "rollout.engine=vllm",
        f"rollout.vllm.python={PYTHON}",
        "rollout.vllm.eager=true",
        "rollout.vllm.cache_gigabytes=1",
        "rollout.temperature=0.8",
    ]


@pytest.fixture(scope="module")
def subject(overrides, tmp_path_factory):
    settings = load_train_settings(read_config("cpu"), overrides)
    policy = load_policy(settings.model, 0, torch.device("cpu"))
    chat_format = ChatFormat.load(policy.chat_folder)
    questions = load_questions(settings.data.path, "train")
    log = tmp_path_factory.mktemp("log") / "engine.log"
    with closing(open_engine(policy, chat_format, settings, log)) as engine:
        yield Subject(policy, engine, chat_format, questions, settings)


class KeepsItsWeights:
    """An engine that no new weight reaches."""

    def __init__(self, engine: VllmEngine) -> None:
        self._engine = engine

    def sync(self, weights: Iterable[tuple[str, Tensor]]) -> None:
        del weights

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)


def test_nothing_fails_of_vllm_as_it_is(subject):
    checks = {check.name: check for check in examine_engine(subject)}
    assert {check.status for check in checks.values()} == {"passed"}
    assert checks["log-probabilities"].figures["largest"] <= 1e-5
    assert "its cache holds" in checks["throughput"].finding


def test_stale_weights_are_named(subject):
    stale = replace(subject, engine=KeepsItsWeights(subject.engine))
    failed = [check.name for check in examine_engine(stale) if check.status == "failed"]
    assert failed == ["updated weights"]


def test_a_cache_of_fewer_bits_is_named(overrides):
    app = typer.Typer()
    app.command()(doctor_command)
    given = [part for override in overrides for part in ("--set", override)]
    done = CliRunner().invoke(
        app, ["cpu", *given, "--set", "rollout.vllm.arguments={kv_cache_dtype: fp8_e5m2}", "--json"]
    )
    assert done.exit_code == 1, done.exception
    (check,) = [check for check in json.loads(done.stdout)["checks"] if check["status"] == "failed"]
    assert check["name"] == "log-probabilities"
    assert "kv_cache_dtype" in check["remedy"]
