"""Opens the models of a run: each an OpenAI client within throttle, retry, budget and replay cache."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from mifg_pipeline.config import GenerateSettings, ServerSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.models.budget import Budget
from mifg_pipeline.models.chat import ChatModel
from mifg_pipeline.models.openai_client import OpenAIChat
from mifg_pipeline.models.prices import load_prices
from mifg_pipeline.models.rendering import ImageRenderer
from mifg_pipeline.models.replay import ReplayCache
from mifg_pipeline.models.retry import Retry
from mifg_pipeline.models.throttle import Throttle
from mifg_pipeline.store import Ledger


@asynccontextmanager
async def open_models(
    settings: GenerateSettings, ledger: Ledger, environ: Mapping[str, str]
) -> AsyncIterator[dict[str, ChatModel]]:
    """The models that have a role, by their names in the settings; nothing is asked of them yet.

    Args:
        settings: Of the run.
        ledger: Where finished calls are, and go.
        environ: Environment variables, which hold the keys.

    Raises:
        MifgError: If a key is missing, a URL is none, or a budget in money cannot be kept for want of a price.
    """
    prices = load_prices(settings.budget.prices)
    _check_budget(settings)
    cache = ReplayCache(ledger.calls)
    budget = Budget(settings.budget, ledger.calls.spent())
    servers: dict[ServerSettings, ChatModel] = {}
    async with AsyncExitStack() as stack:
        renderer = stack.enter_context(ImageRenderer())
        opened = {}
        for name in settings.agents.models:
            model = settings.models[name]
            if model.server not in servers:
                client = await stack.enter_async_context(OpenAIChat(model.server, renderer, environ))
                servers[model.server] = Retry(model.server).around(Throttle(model.server).around(client))
            opened[name] = cache.around(budget.around(servers[model.server], prices.get(model.model)))
        yield opened


def unpriced_models(settings: GenerateSettings) -> tuple[str, ...]:
    """What servers call the models that have a role and no price.

    Raises:
        MifgError: If there is no such price list.
    """
    prices = load_prices(settings.budget.prices)
    named = {settings.models[name].model for name in settings.agents.models}
    return tuple(sorted(named - prices.keys()))


async def check_models(settings: GenerateSettings, environ: Mapping[str, str]) -> list[str]:
    """Asks the servers of the models that have a role whether they are there and know the models; costs nothing.

    Returns:
        Remarks for people, on what may be wrong and need not be.

    Raises:
        MifgError: As ``open_models``, or if a server is out of reach or does not accept its key.
    """
    _check_budget(settings)
    remarks = [f"The price of {name} is not known: its cost is not counted." for name in unpriced_models(settings)]
    with ImageRenderer() as renderer:
        for name in settings.agents.models:
            model = settings.models[name]
            async with OpenAIChat(model.server, renderer, environ) as client:
                remark = await client.check(model.model)
            remarks += [remark] if remark else []
    return remarks


def _check_budget(settings: GenerateSettings) -> None:
    unpriced = unpriced_models(settings)
    if unpriced and settings.budget.money is not None:
        raise MifgError(
            f"budget.money cannot be kept: the price of {', '.join(unpriced)} is not known.",
            "Add it to a price list and name that with budget.prices, or limit budget.calls instead.",
        )
