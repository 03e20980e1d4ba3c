"""The models that play roles in a run, opened for as long as it takes; a run without any loads nothing for them."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.models.chat import ChatModel
from mifg_pipeline.store import Ledger, RunFolder


@asynccontextmanager
async def players(settings: GenerateSettings, run: RunFolder, ledger: Ledger) -> AsyncIterator[Mapping[str, ChatModel]]:
    """The models by their names in the settings, served here first where the settings ask for that.

    Args:
        settings: Of the run.
        run: Takes the server's log.
        ledger: Has the finished calls, and takes new ones.

    Raises:
        MifgError: If a server does not start or ends, a key is missing, or a budget cannot be kept.
    """
    if not settings.agents.models:
        yield {}
        return
    from mifg_pipeline.models.open_models import open_models
    from mifg_pipeline.models.server import served

    async with served(settings, run.server_log) as reached, open_models(reached, ledger, os.environ) as models:
        yield models
