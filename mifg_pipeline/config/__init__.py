"""Frozen settings of generation and training runs."""

from mifg_pipeline.config.agents import PROGRAM, AgentSettings
from mifg_pipeline.config.ask import AskSettings
from mifg_pipeline.config.base import Settings
from mifg_pipeline.config.episode import EpisodeSettings
from mifg_pipeline.config.generate import GateSettings, GenerateSettings, QuotaSettings
from mifg_pipeline.config.loading import load_section, load_settings, load_train_settings, read_settings
from mifg_pipeline.config.models import SERVE, BudgetSettings, Coordinates, ModelSettings, ServerSettings, ServeSettings
from mifg_pipeline.config.probes import ProbeSettings, SequentialTest
from mifg_pipeline.config.train import TrainSettings
from mifg_pipeline.config.vllm import VllmSettings

__all__ = [
    "PROGRAM",
    "SERVE",
    "AgentSettings",
    "AskSettings",
    "BudgetSettings",
    "Coordinates",
    "EpisodeSettings",
    "GateSettings",
    "GenerateSettings",
    "ModelSettings",
    "ProbeSettings",
    "QuotaSettings",
    "SequentialTest",
    "ServeSettings",
    "ServerSettings",
    "Settings",
    "TrainSettings",
    "VllmSettings",
    "load_section",
    "load_settings",
    "load_train_settings",
    "read_settings",
]
