"""The whole way of a call, from the replay cache to a server and back."""

import asyncio
from typing import Any

import aiohttp
import pytest
from chat_examples import make_request

from mifg_pipeline.config import AgentSettings, BudgetSettings, GenerateSettings, ModelSettings, ServerSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.models.chat import BudgetSpent
from mifg_pipeline.models.open_models import check_models, open_models, unpriced_models
from mifg_pipeline.store import Ledger
from mifg_pipeline.stub.serving import serving
from mifg_pipeline.stub.settings import StubSettings

NOWHERE = "http://127.0.0.1:9/v1"


def run_settings(url: str | None = NOWHERE, budget: dict[str, Any] | None = None, **server: Any) -> GenerateSettings:
    """Two models on one server as solvers, and a third that has no role and no key."""
    reached = ServerSettings(**{"base_url": url, "patience": 10, **server})
    return GenerateSettings(
        items=1,
        models={
            "solver": ModelSettings(model="stub", server=reached),
            "other": ModelSettings(model="stub-2", server=reached),
            "idle": ModelSettings(model="gpt-6-luna"),
        },
        agents=AgentSettings(solvers=("solver", "other")),
        budget=BudgetSettings(**(budget or {})),
    )


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        yield ledger


def stub(**fields: Any) -> StubSettings:
    return StubSettings(models=("stub", "stub-2"), **fields)


def requests(count: int, model: str = "stub") -> list[Any]:
    return [make_request(model=model, sample=sample) for sample in range(count)]


async def stats(url: str) -> dict[str, Any]:
    async with aiohttp.ClientSession() as session, session.get(f"{url.removesuffix('/v1')}/stub/stats") as response:
        content: dict[str, Any] = await response.json()
        return content


def test_models_with_a_role_are_opened_and_no_others(ledger):
    async def work():
        async with open_models(run_settings(), ledger, {}) as models:
            return set(models)

    assert asyncio.run(work()) == {"solver", "other"}


def test_every_call_is_made_once_through_errors_and_throttling(ledger):
    async def work():
        async with serving(stub(errors=0.1, throttles=0.1, retry_after=0.01, latency=0.005)) as url:
            async with open_models(run_settings(url), ledger, {}) as models:
                replies = await asyncio.gather(*map(models["solver"].complete, requests(300)))
            return replies, await stats(url)

    replies, seen = asyncio.run(work())
    assert len({reply.key for reply in replies}) == 300
    assert seen["requests"] > 300
    assert sum(seen["replies_by_digest"].values()) == 300
    assert seen["repeated_replies"] == 0
    assert ledger.calls.spent().calls == 300


def test_a_second_start_needs_no_server(ledger):
    async def first():
        async with serving(stub()) as url, open_models(run_settings(url), ledger, {}) as models:
            return await asyncio.gather(*map(models["solver"].complete, requests(20)))

    async def second():
        async with open_models(run_settings(), ledger, {}) as models:
            return await asyncio.gather(*map(models["solver"].complete, requests(20)))

    paid, replayed = asyncio.run(first()), asyncio.run(second())
    assert [reply.text for reply in replayed] == [reply.text for reply in paid]
    assert all(reply.replayed for reply in replayed)


def test_models_of_one_server_share_its_limit(ledger):
    async def work():
        async with serving(stub(latency=0.02)) as url:
            async with open_models(run_settings(url, concurrency=3), ledger, {}) as models:
                of_one = map(models["solver"].complete, requests(20))
                of_other = map(models["other"].complete, requests(20, "stub-2"))
                await asyncio.gather(*of_one, *of_other)
            return await stats(url)

    assert asyncio.run(work())["peak_in_flight"] == 3


def test_the_budget_counts_calls_of_all_models_and_of_earlier_starts(ledger):
    async def work(limit):
        async with serving(stub()) as url:
            settings = run_settings(url, budget={"calls": limit})
            async with open_models(settings, ledger, {}) as models:
                of_one = map(models["solver"].complete, requests(10))
                of_other = map(models["other"].complete, requests(10, "stub-2"))
                results = await asyncio.gather(*of_one, *of_other, return_exceptions=True)
            return sum(isinstance(result, BudgetSpent) for result in results)

    assert asyncio.run(work(5)) == 15
    assert asyncio.run(work(12)) == 8
    assert ledger.calls.spent().calls == 12


def test_replies_of_priced_models_are_paid_from_the_budget(ledger, tmp_path):
    prices = tmp_path / "prices.yaml"
    prices.write_text("stub: {input: 1000, output: 1000}\nstub-2: {input: 0, output: 0}\n", encoding="utf-8")

    async def work():
        async with serving(stub()) as url:
            settings = run_settings(url, budget={"money": 0.5, "prices": str(prices)})
            async with open_models(settings, ledger, {}) as models:
                return await asyncio.gather(*map(models["solver"].complete, requests(200)), return_exceptions=True)

    results = asyncio.run(work())
    assert isinstance(results[-1], BudgetSpent)
    assert 0.3 < ledger.calls.spent().money <= 0.5


def test_a_budget_in_money_wants_prices_before_any_call(ledger):
    async def work():
        async with open_models(run_settings(budget={"money": 1}), ledger, {}):
            pass

    with pytest.raises(MifgError, match=r"price of stub, stub-2 is not known.*budget\.calls"):
        asyncio.run(work())


def test_models_without_a_price_are_named():
    assert unpriced_models(run_settings()) == ("stub", "stub-2")


def test_a_missing_key_is_found_before_any_call(ledger):
    async def work():
        async with open_models(run_settings(url=None), ledger, {}):
            pass

    with pytest.raises(MifgError, match="OPENAI_API_KEY"):
        asyncio.run(work())


def test_a_check_says_what_may_be_wrong():
    async def work():
        async with serving(StubSettings(models=("stub",))) as url:
            return await check_models(run_settings(url), {})

    remarks = asyncio.run(work())
    assert any("stub-2" in remark and "does not list" in remark for remark in remarks)
    assert any("price of stub is not known" in remark for remark in remarks)


def test_a_check_finds_a_server_that_is_not_there():
    with pytest.raises(MifgError, match=r"127\.0\.0\.1:9"):
        asyncio.run(check_models(run_settings(), {}))
