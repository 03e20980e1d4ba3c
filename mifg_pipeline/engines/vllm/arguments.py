"""The arguments of vLLM's engine: what sampling for a trainer fixes, and what its settings say."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import msgspec

from mifg_pipeline.config import VllmSettings
from mifg_pipeline.engines.vllm.model import EngineModel
from mifg_pipeline.errors import MifgError

if TYPE_CHECKING:
    from mifg_pipeline.engines.chat_format import ChatFormat

ONE_GPU = ("tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size")
"""Weights are taken by the engine's own process, which has one GPU."""

LARGEST_CPU_BATCH = 8192
"""Tokens of prompts that a CPU reads at a time, unless an episode is longer."""


class SamplerOptions(msgspec.Struct, frozen=True):
    """What a server needs to know to begin.

    Attributes:
        folder: Of the checkpoint.
        dtype: As in ``EngineModel``, like the limits.
        max_tokens: Of an episode.
        max_images: Of an episode.
        max_pixels: Of a view.
        token_side: Pixels of a visual token's side.
        banned_ids: What must never be sampled.
        end_of_turn_id: Ends a turn.
        max_running: Most turns that are sampled at a time.
        memory_share: Of a GPU's memory.
        cache_gigabytes: Of the cache of keys and values on a CPU.
        eager: Whether the model runs without compiled graphs.
        sleep: Whether the engine gives its GPU memory back during the update.
        arguments: Further arguments of vLLM's engine.
    """

    folder: str
    dtype: str
    max_tokens: int
    max_images: int
    max_pixels: int
    token_side: int
    banned_ids: tuple[int, ...]
    end_of_turn_id: int
    max_running: int
    memory_share: float
    cache_gigabytes: int
    eager: bool
    sleep: bool
    arguments: dict[str, Any]


def sampler_options(model: EngineModel, chat_format: "ChatFormat", settings: VllmSettings) -> SamplerOptions:
    """Returns what a server of a model needs to know."""
    return SamplerOptions(
        folder=str(model.folder),
        dtype=model.dtype,
        max_tokens=model.max_tokens,
        max_images=model.max_images,
        max_pixels=model.max_pixels,
        token_side=chat_format.token_side,
        banned_ids=chat_format.banned_ids,
        end_of_turn_id=chat_format.end_of_turn_id,
        max_running=settings.max_running,
        memory_share=settings.memory_share,
        cache_gigabytes=settings.cache_gigabytes,
        eager=settings.eager,
        sleep=settings.sleep,
        arguments=settings.arguments,
    )


def engine_arguments(options: SamplerOptions, *, on_cpu: bool, known: Collection[str]) -> dict[str, Any]:
    """Returns the arguments of ``EngineArgs``.

    Args:
        options: Of the server.
        on_cpu: Whether it samples on a CPU.
        known: All that ``EngineArgs`` takes.

    Raises:
        MifgError: A further argument is unknown, or is not to be chosen.
    """
    fixed = {**_fixed(options), **(_of_cpu(options) if on_cpu else _of_gpu(options))}
    _check(options.arguments, fixed, known)
    return {**fixed, **options.arguments}


def _fixed(options: SamplerOptions) -> dict[str, Any]:
    # Without a size of its own vLLM enlarges small views, and reads other tokens than the trainer.
    sizes = {"shortest_edge": options.token_side**2, "longest_edge": options.max_pixels}
    return {
        "model": options.folder,
        "dtype": options.dtype,
        "max_model_len": options.max_tokens,
        "max_num_seqs": options.max_running,
        "enforce_eager": options.eager,
        "limit_mm_per_prompt": {"image": options.max_images, "video": 0},
        "mm_processor_kwargs": {"size": sizes},
        "generation_config": "vllm",  # the checkpoint's top-p, top-k and penalties are not sampled with
        "logprobs_mode": "processed_logprobs",
        "enable_prefix_caching": True,
        "disable_log_stats": True,
    }


def _of_cpu(options: SamplerOptions) -> dict[str, Any]:
    # A seeded request whose prompt is read in chunks ends vLLM there: "CPU Generator does not use offset".
    return {
        "enable_chunked_prefill": False,
        "max_num_batched_tokens": max(options.max_tokens, LARGEST_CPU_BATCH),
    }


def _of_gpu(options: SamplerOptions) -> dict[str, Any]:
    return {"gpu_memory_utilization": options.memory_share, "enable_sleep_mode": options.sleep}


def _check(arguments: Mapping[str, Any], fixed: Collection[str], known: Collection[str]) -> None:
    for name in arguments:
        if name not in known:
            near = get_close_matches(name, known, n=3, cutoff=0.5)
            remedy = f"Did you mean {', '.join(near)}?" if near else "See the arguments of vLLM's EngineArgs."
            raise MifgError(f"rollout.vllm.arguments: vLLM's engine takes no {name}.", remedy)
        if name in fixed or name in ONE_GPU:
            raise MifgError(f"rollout.vllm.arguments: {name} is not to be chosen.", f"Leave {name} out.")
