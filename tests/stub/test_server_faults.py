"""The faults of the stub server as clients meet them, and the figures that it keeps."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import aiohttp
import openai
import pytest

from mifg_pipeline.agents.replies import Solution
from mifg_pipeline.stub.faults import Flaw
from mifg_pipeline.stub.serving import serving
from mifg_pipeline.stub.settings import StubSettings

R = TypeVar("R")


class Client:
    """Asks a stub server."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.session = session

    async def ask(self, question: str = "?", **extra: Any) -> tuple[int, Any, Any]:
        """Status, headers and decoded body of the response."""
        body = {"model": "stub", "messages": [{"role": "user", "content": question}], **extra}
        async with self.session.post(f"{self.url}/chat/completions", json=body) as response:
            text = await response.text()
            is_json = response.content_type == "application/json"
            return response.status, response.headers, json.loads(text) if is_json else text

    async def outcome(self, question: str = "?") -> str:
        try:
            status, _, body = await self.ask(question)
        except aiohttp.ClientError as error:
            return type(error).__name__
        return f"{status} {type(body).__name__}"

    @asynccontextmanager
    async def waiting(self, count: int) -> AsyncIterator[None]:
        """So many requests are in flight; they are given up at the end."""
        tasks = [asyncio.create_task(self.ask(f"waiting {number}")) for number in range(count)]
        while (await self.stats())["in_flight"] < count:
            assert not any(task.done() for task in tasks)
        yield
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

    async def stats(self) -> dict[str, Any]:
        async with self.session.get(self.url.removesuffix("/v1") + "/stub/stats") as response:
            return await response.json()


def with_client(use: Callable[[Client], Awaitable[R]], **settings: Any) -> R:
    async def run() -> R:
        async with serving(StubSettings(**settings)) as url, aiohttp.ClientSession() as session:
            return await use(Client(url, session))

    return asyncio.run(run())


def solution_schema() -> dict[str, Any]:
    schema = {"name": Solution.name, "schema": Solution.model_json_schema(), "strict": True}
    return {"type": "json_schema", "json_schema": schema}


def test_errors_are_statuses_and_broken_connections() -> None:
    async def use(client: Client) -> Counter[str]:
        return Counter(await asyncio.gather(*(client.outcome(str(number)) for number in range(60))))

    outcomes = with_client(use, errors=1)
    assert set(outcomes) == {"500 dict", "502 str", "503 dict", "ServerDisconnectedError", "ClientPayloadError"}


def test_the_sdk_meets_every_error_as_one_of_its_own() -> None:
    async def use(client: Client) -> list[Any]:
        sdk = openai.AsyncOpenAI(
            base_url=client.url, api_key="key", max_retries=0, http_client=openai.DefaultAioHttpClient()
        )
        async with sdk:
            calls = (
                sdk.chat.completions.create(model="stub", messages=[{"role": "user", "content": str(number)}])
                for number in range(30)
            )
            return await asyncio.gather(*calls, return_exceptions=True)

    errors = with_client(use, errors=1)
    statuses = [error for error in errors if isinstance(error, openai.InternalServerError)]
    connections = [error for error in errors if isinstance(error, openai.APIConnectionError)]
    assert {error.status_code for error in statuses} == {500, 502, 503}
    assert len(statuses) + len(connections) == 30


def test_throttling_says_how_long_to_wait() -> None:
    status, headers, body = with_client(Client.ask, throttles=1, retry_after=1.5)
    assert (status, headers["Retry-After"], body["error"]["code"]) == (429, "1.5", "rate_limit_exceeded")


def test_throttling_without_a_time_says_none() -> None:
    assert "Retry-After" not in with_client(Client.ask, throttles=1)[1]


def test_requests_beyond_the_limit_are_throttled() -> None:
    async def use(client: Client) -> tuple[Counter[str], dict[str, Any]]:
        async with client.waiting(4):
            beyond = await asyncio.gather(*(client.outcome(str(number)) for number in range(6)))
            return Counter(beyond), await client.stats()

    outcomes, stats = with_client(use, limit=4, latency=3600)
    assert outcomes == {"429 dict": 6}
    assert stats["outcomes"] == {"over the limit": 6}
    assert (stats["distinct_requests"], stats["peak_in_flight"]) == (4, 4)


def contents(count: int, **settings: Any) -> list[tuple[Any, Any, str]]:
    """Content, refusal and finish reason of so many replies to a schema."""

    async def use(client: Client) -> list[tuple[Any, Any, str]]:
        calls = (client.ask(str(number), response_format=solution_schema()) for number in range(count))
        choices = [body["choices"][0] for _, _, body in await asyncio.gather(*calls)]
        return [(c["message"]["content"], c["message"]["refusal"], c["finish_reason"]) for c in choices]

    return with_client(use, **settings)


WHOLE = '{"thought": "stub", "answer": "stub"}'


def test_malformed_replies_do_not_fit_the_schema() -> None:
    replies = contents(60, malformed=1)
    assert {finish for _, _, finish in replies} == {"stop"}
    kinds = {content for content, _, _ in replies}
    assert len(kinds) == 5
    assert WHOLE not in kinds
    assert {f'{{"response": {WHOLE}}}', WHOLE[: len(WHOLE) * 2 // 3], ""} < kinds
    assert sum(WHOLE in kind for kind in kinds) == 2, "wrapped, and between other texts"


def test_truncated_replies_say_so() -> None:
    assert set(contents(3, truncated=1)) == {(WHOLE[: len(WHOLE) // 2], None, "length")}


def test_refusals_are_marked_or_filtered() -> None:
    replies = contents(20, refusals=1)
    assert {content for content, _, _ in replies} == {None}
    assert {(refusal is None, finish) for _, refusal, finish in replies} == {(False, "stop"), (True, "content_filter")}


def test_stats_count_outcomes_and_repeats() -> None:
    async def use(client: Client) -> dict[str, Any]:
        for question in "a", "b", "a", "a":
            await client.ask(question)
        await client.ask("c", model=None)
        return await client.stats()

    stats = with_client(use, seed=3)
    assert stats["requests"] == 5
    assert stats["outcomes"] == {"replied": 4, "invalid: 400": 1}
    assert (stats["distinct_requests"], stats["repeated_replies"]) == (2, 2)
    assert sorted(stats["requests_by_digest"].values()) == sorted(stats["replies_by_digest"].values()) == [1, 3]


def test_a_repeated_request_that_failed_first_is_no_repeated_reply() -> None:
    async def use(client: Client) -> dict[str, Any]:
        while await client.outcome() != "200 dict":
            pass
        return await client.stats()

    stats = with_client(use, errors=0.9)
    assert stats["repeated_replies"] == 0
    assert stats["requests"] > 1


@pytest.mark.parametrize("field", ["temperature", "seed", "max_tokens", "further"])
def test_every_field_makes_another_request(field: str) -> None:
    async def use(client: Client) -> dict[str, Any]:
        await client.ask(**{field: 1})
        await client.ask(**{field: 2})
        return await client.stats()

    assert with_client(use)["distinct_requests"] == 2


def test_the_order_of_fields_does_not_make_another_request() -> None:
    async def use(client: Client) -> dict[str, Any]:
        await client.ask(seed=1, temperature=1)
        await client.ask(temperature=1, seed=1)
        return await client.stats()

    assert with_client(use)["distinct_requests"] == 1


def test_many_requests_are_served_at_a_time() -> None:
    async def use(client: Client) -> dict[str, Any]:
        async with client.waiting(64):
            return await client.stats()

    stats = with_client(use, latency=3600)
    assert (stats["in_flight"], stats["peak_in_flight"]) == (64, 64)


def test_a_reply_takes_the_latency() -> None:
    start = time.monotonic()
    with_client(Client.ask, latency=0.1)
    assert time.monotonic() - start >= 0.1


def test_a_client_that_leaves_is_counted_and_not_waited_for() -> None:
    async def use(client: Client) -> dict[str, Any]:
        async with client.waiting(1):
            pass
        while (stats := await client.stats())["in_flight"]:
            pass
        return stats

    assert with_client(use, latency=3600)["outcomes"] == {"abandoned": 1}


def test_flawed_replies_are_counted_by_their_flaw() -> None:
    async def use(client: Client) -> dict[str, Any]:
        await client.ask()
        return await client.stats()

    assert with_client(use, truncated=1)["outcomes"] == {f"flawed: {Flaw.TRUNCATED}": 1}


def test_two_servers_with_the_same_seed_do_the_same() -> None:
    async def use(client: Client) -> list[str]:
        return [await client.outcome(str(number % 20)) for number in range(60)]

    shares = {"errors": 0.3, "throttles": 0.2, "seed": 5}
    assert with_client(use, **shares) == with_client(use, **shares)
