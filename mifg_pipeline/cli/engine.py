"""`mifg engine`: vLLM for a training run on another machine or GPU."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from mifg_pipeline.config import VllmSettings


def engine(
    checkpoint: Annotated[Path, typer.Argument(help="Full checkpoint of the model that is trained.")],
    listen: Annotated[str, typer.Option(help="HOST:PORT that training runs reach it at.")],
    max_tokens: Annotated[int, typer.Option(help="Most tokens of an episode: episode.max_tokens.", min=1)],
    max_images: Annotated[int, typer.Option(help="Most images of an episode: episode.max_images.", min=1)],
    max_pixels: Annotated[int, typer.Option(help="Of the largest view, in pixels.", min=1)],
    dtype: Annotated[Literal["bfloat16", "float32"], typer.Option(help="What the run computes in.")] = "bfloat16",
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="Of rollout.vllm, such as max_running=128; may be repeated.")
    ] = None,
) -> None:
    """Sample with vLLM for one training run at a time, until interrupted.

    It needs an environment with vLLM. The environment variable MIFG_ENGINE_KEY holds a secret that the training run has
    as well; what goes over the network is not encrypted.
    """
    from mifg_pipeline.engines.chat_format import ChatFormat
    from mifg_pipeline.engines.vllm.arguments import sampler_options
    from mifg_pipeline.engines.vllm.connecting import parse_address, shared_key
    from mifg_pipeline.engines.vllm.model import EngineModel

    address = parse_address(listen)
    shared_key()
    model = EngineModel(checkpoint, dtype, max_tokens, max_images, max_pixels)
    options = sampler_options(model, ChatFormat.load(checkpoint), _settings(sets or []))
    _require_vllm()
    from mifg_pipeline.engines.vllm.server import serve_elsewhere

    serve_elsewhere(address, options, on_ready=lambda: typer.echo(f"Samples for who has the key at {listen}."))


def _settings(sets: list[str]) -> "VllmSettings":
    from mifg_pipeline.config import VllmSettings, load_section

    return load_section(VllmSettings, sets)


def _require_vllm() -> None:
    from importlib.util import find_spec

    from mifg_pipeline.errors import MifgError

    if find_spec("vllm") is None:
        raise MifgError(
            "This environment has no vLLM.", "Install vLLM here, or run mifg of an environment that has it."
        )
