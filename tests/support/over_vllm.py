"""Settings of a training that samples with vLLM, small enough for tests; `make test-vllm` sets its environment up."""

from pathlib import Path

PYTHON = Path(__file__).parents[2] / ".venv-vllm" / "bin" / "python"

OVER_VLLM = (
    "rollout.engine=vllm",
    f"rollout.vllm.python={PYTHON}",
    "rollout.vllm.eager=true",
    "rollout.vllm.cache_gigabytes=1",
)
