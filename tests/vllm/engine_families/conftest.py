"""An engine of each family, with embeddings of its own and with tied ones; its client's model beside it."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import torch
from tiny_model import write_tiny_model
from transformers import AutoModelForImageTextToText, PreTrainedModel

from mifg_pipeline.engines.vllm.client import VllmEngine

FAMILIES = [(family, tied) for family in ("qwen2_5_vl", "qwen3_vl") for tied in (False, True)]


@pytest.fixture(scope="session", params=FAMILIES, ids=lambda param: f"{param[0]}-{'tied' if param[1] else 'untied'}")
def checkpoint(request, tmp_path_factory) -> Path:
    family, tied = request.param
    folder = tmp_path_factory.mktemp(family)
    write_tiny_model(folder, family=family, tied=tied)
    return folder


@pytest.fixture(scope="session")
def running_engine(checkpoint, start_engine) -> VllmEngine:
    with closing(start_engine(checkpoint)) as engine:
        yield engine


@pytest.fixture
def model(checkpoint) -> PreTrainedModel:
    return AutoModelForImageTextToText.from_pretrained(checkpoint, dtype=torch.float32)


@pytest.fixture
def engine(running_engine, model, checkpoint_weights) -> VllmEngine:
    """With the checkpoint's weights, whatever the test before has left."""
    running_engine.sync(checkpoint_weights(model))
    return running_engine


@pytest.fixture(scope="session")
def checkpoint_weights() -> Callable[[PreTrainedModel], dict[str, torch.Tensor]]:
    from transformers.core_model_loading import revert_weight_conversion

    def named(model: PreTrainedModel):
        weights = model.state_dict()
        if model.config.tie_word_embeddings:
            del weights["lm_head.weight"]
        return revert_weight_conversion(model, weights).items()

    return named
