"""Settings of `mifg ask`."""

from mifg_pipeline.config.episode import EpisodeSettings
from mifg_pipeline.config.vllm import VllmSettings


class AskSettings(EpisodeSettings):
    """An episode, and the engine that it may be sampled with.

    Attributes:
        vllm: Of the vLLM engine.
    """

    vllm: VllmSettings = VllmSettings()
