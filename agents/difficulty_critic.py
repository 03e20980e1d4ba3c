"""Difficulty critic: is the evidence legible, and does one have to zoom in to read it?"""

from mifg_pipeline.config import GateSettings
from mifg_pipeline.gates import resolvability
from mifg_pipeline.items import Difficulty, Draft, GateResult


def criticise(draft: Draft, settings: GateSettings) -> tuple[Difficulty | None, GateResult]:
    """The difficulty of a draft (None where its evidence is illegible), and the gate's result."""
    return resolvability(draft, settings)
