"""Tiny checkpoints of both families, and what the tests of every engine have."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from engine_requests import make_request, make_view, plain_logprobs  # noqa: F401 - fixtures
from tiny_model import write_tiny_model
from transformers import AutoModelForImageTextToText, PreTrainedModel

from mifg_pipeline.engines.chat_format import ChatFormat

pytest.register_assert_rewrite("engine_contract")


@pytest.fixture(scope="session", params=["qwen2_5_vl", "qwen3_vl"])
def checkpoint(request, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    write_tiny_model(folder, family=request.param)
    return folder


@pytest.fixture(scope="session")
def chat_format(checkpoint) -> ChatFormat:
    return ChatFormat.load(checkpoint)


def load_model(folder: Path) -> PreTrainedModel:
    return AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32)


@pytest.fixture(name="load_model", scope="session")
def load_model_fixture() -> Callable[[Path], PreTrainedModel]:
    return load_model


@pytest.fixture
def model(checkpoint) -> PreTrainedModel:
    return load_model(checkpoint)
