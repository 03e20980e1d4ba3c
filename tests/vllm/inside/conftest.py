"""Tests that an interpreter with vLLM runs, since they take its engine apart; others pass them over."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from tiny_model import write_tiny_model

from mifg_pipeline.config import VllmSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.vllm.arguments import SamplerOptions, sampler_options
from mifg_pipeline.engines.vllm.model import EngineModel
from mifg_pipeline.engines.vllm.sampler import VllmSampler

if find_spec("vllm") is None:
    collect_ignore_glob = ["test_*.py"]

os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"  # vLLM reads it when it is imported


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints") / "untied"
    write_tiny_model(folder)
    return folder


@pytest.fixture(scope="session")
def tied_checkpoint(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints") / "tied"
    write_tiny_model(folder, tied=True)
    return folder


@pytest.fixture(scope="session")
def chat_format(checkpoint) -> ChatFormat:
    return ChatFormat.load(checkpoint)


@pytest.fixture(scope="session")
def options_of(chat_format) -> Callable[[Path], SamplerOptions]:
    """The options of a checkpoint; both have the same tokens."""

    def build(folder: Path) -> SamplerOptions:
        model = EngineModel(folder, "float32", 2048, 4, 256 * chat_format.token_side**2)
        return sampler_options(model, chat_format, VllmSettings(eager=True, cache_gigabytes=1))

    return build


@pytest.fixture(scope="session")
def started(options_of) -> Callable[[Path], AbstractContextManager[VllmSampler]]:
    """Starts a sampler, and ends it: a process has one at a time."""

    @contextmanager
    def start(folder: Path) -> Iterator[VllmSampler]:
        from vllm.distributed import cleanup_dist_env_and_memory

        sampler = VllmSampler(options_of(folder))
        try:
            yield sampler
        finally:
            sampler._engine.engine_core.shutdown()
            del sampler
            gc.collect()
            cleanup_dist_env_and_memory()

    return start
