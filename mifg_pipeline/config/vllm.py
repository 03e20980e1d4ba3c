"""Settings of vLLM where it samples the turns of rollouts."""

from typing import Any

from pydantic import Field

from mifg_pipeline.config.base import Settings


class VllmSettings(Settings):
    """A vLLM engine, in a process of its own.

    Attributes:
        python: Interpreter that has vLLM and mifg, maybe of another environment; that of mifg where None.
        address: ``HOST:PORT`` of an engine that `mifg engine` runs elsewhere; one is started here where None.
        max_running: Most turns that are sampled at a time.
        memory_share: Of a GPU's memory, what the engine may take: weights, cache of keys and values, and its own needs.
        cache_gigabytes: Of the cache of keys and values on a CPU.
        eager: Whether the model runs without compiled graphs: ready sooner, slower per token.
        sleep: Whether the engine gives its GPU memory back during the update; it cannot on a CPU.
        start_timeout: Seconds within which the engine has to be ready.
        silence_timeout: Seconds without a sign of life after which a working engine is taken as hung.
        restarts: How often a lost engine is started again before the run stops; of one step.
        arguments: Further arguments of vLLM's engine, such as ``{block_size: 32}``.
    """

    python: str | None = None
    address: str | None = None
    max_running: int = Field(default=64, ge=1)
    memory_share: float = Field(default=0.45, gt=0, lt=1)
    cache_gigabytes: int = Field(default=4, ge=1)
    eager: bool = False
    sleep: bool = True
    start_timeout: float = Field(default=600, gt=0)
    silence_timeout: float = Field(default=300, gt=0)
    restarts: int = Field(default=3, ge=0)
    arguments: dict[str, Any] = Field(default_factory=dict)
