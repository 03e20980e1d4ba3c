"""Frozen settings of a generation run."""

from mifg_pipeline.config.agents import PROGRAM, AgentSettings
from mifg_pipeline.config.base import Settings
from mifg_pipeline.config.generate import GateSettings, GenerateSettings, QuotaSettings
from mifg_pipeline.config.loading import load_settings
from mifg_pipeline.config.models import SERVE, BudgetSettings, Coordinates, ModelSettings, ServerSettings, ServeSettings
from mifg_pipeline.config.probes import ProbeSettings, SequentialTest

__all__ = [
    "PROGRAM",
    "SERVE",
    "AgentSettings",
    "BudgetSettings",
    "Coordinates",
    "GateSettings",
    "GenerateSettings",
    "ModelSettings",
    "ProbeSettings",
    "QuotaSettings",
    "SequentialTest",
    "ServeSettings",
    "ServerSettings",
    "Settings",
    "load_settings",
]
