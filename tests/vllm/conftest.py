"""vLLM from an environment of its own, and tiny checkpoints with random weights; `make test-vllm` sets it up."""

import json
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from engine_requests import make_request, make_view, plain_logprobs  # noqa: F401 - fixtures
from tiny_model import write_tiny_model

from mifg_pipeline.config import GenerateSettings, VllmSettings, load_settings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.vllm.client import VllmEngine
from mifg_pipeline.engines.vllm.model import EngineModel

pytest.register_assert_rewrite("engine_contract")

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-vllm" / "bin" / "python"
MAX_TOKENS, MAX_IMAGES = 2048, 4
"""Of an engine's episodes."""

ARGUMENTS = ["--dtype", "float32", "--enforce-eager", "--max-model-len", "16384", "--max-num-batched-tokens", "16384"]
# On the CPU a request with a seed whose prompt is read in chunks ends the engine: "CPU Generator does not use offset".
ARGUMENTS += ["--no-enable-chunked-prefill"]


@pytest.fixture(scope="session", autouse=True)
def small_and_offline():
    """What a server inherits: little memory for its cache, and no look-ups on the network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VLLM_CPU_KVCACHE_SPACE", "1")
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints") / "tiny-qwen"
    write_tiny_model(folder)
    return folder


@pytest.fixture(scope="session")
def serve_overrides(checkpoint) -> list[str]:
    """The `--set` of a run that serves the checkpoint from that environment, and has it end its strings soon."""
    quote = json.loads((checkpoint / "tokenizer.json").read_text())["model"]["vocab"]['"']
    return [
        f"serve.python={PYTHON}",
        f"serve.arguments={ARGUMENTS}",
        "serve.start_timeout=300",
        f"models.served.extra_body={{logit_bias: {{'{quote}': 4}}}}",
        "models.served.temperature=1",
        "models.served.server.concurrency=16",
    ]


@pytest.fixture(scope="session")
def settings_to_serve(checkpoint, serve_overrides) -> Callable[..., GenerateSettings]:
    """Builds settings that serve the checkpoint."""

    def build(*overrides: str) -> GenerateSettings:
        return load_settings("items: 1", [*serve_overrides, *overrides], **{"serve.model": str(checkpoint)})

    return build


@pytest.fixture(scope="session")
def chat_format(checkpoint) -> ChatFormat:
    return ChatFormat.load(checkpoint)


@pytest.fixture(scope="session")
def start_engine(tmp_path_factory) -> Callable[..., VllmEngine]:
    """Starts engines that end with the tests; takes a checkpoint, the engine's weights and settings."""
    with ExitStack() as engines:

        def start(folder: Path, recall: Any = None, **settings: Any) -> VllmEngine:
            chat_format = ChatFormat.load(folder)
            model = EngineModel(folder, "float32", MAX_TOKENS, MAX_IMAGES, 64 * chat_format.token_side**2)
            small = {"python": str(PYTHON), "eager": True, "cache_gigabytes": 1, "start_timeout": 240}
            log = tmp_path_factory.mktemp("logs") / "engine.log"
            engine = VllmEngine(model, chat_format, VllmSettings(**{**small, **settings}), log, recall)
            return engines.enter_context(closing(engine))

        yield start
