"""vLLM from an environment of its own, and a tiny checkpoint with random weights; `make test-vllm` sets both up."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mifg_pipeline.config import GenerateSettings, load_settings

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-vllm" / "bin" / "python"
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
    subprocess.run([PYTHON, ROOT / "tests" / "support" / "tiny_checkpoint.py", folder], check=True)
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
