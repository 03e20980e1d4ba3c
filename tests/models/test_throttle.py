"""The throttle sends as much as a server takes, never more than its limits, and never stalls."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from chat_examples import make_reply, make_request
from hypothesis import given
from hypothesis import strategies as st
from virtual_time import run

from mifg_pipeline.config import ServerSettings
from mifg_pipeline.models.chat import ChatReply, ChatRequest, ServerBusy
from mifg_pipeline.models.estimate import prompt_tokens
from mifg_pipeline.models.pace import Pace
from mifg_pipeline.models.retry import Retry
from mifg_pipeline.models.throttle import Throttle

LATENCY = 1.0


class Server:
    """Replies after a second, and turns down what exceeds its capacity; both may be changed meanwhile."""

    def __init__(self, capacity: float = float("inf"), latency: float = LATENCY) -> None:
        self.capacity = capacity
        self.latency = latency
        self.in_flight = self.peak = self.turned_down = 0
        self.sent: list[tuple[float, ChatRequest]] = []

    async def complete(self, request: ChatRequest) -> ChatReply:
        self.sent.append((asyncio.get_running_loop().time(), request))
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        is_too_much = self.in_flight > self.capacity
        try:
            await asyncio.sleep(self.latency)
        finally:
            self.in_flight -= 1
        if is_too_much:
            self.turned_down += 1
            raise ServerBusy("too many requests", is_throttling=True)
        return make_reply(request)


def settings(**fields: Any) -> ServerSettings:
    return ServerSettings(base_url="http://localhost:1/v1", **fields)


def requests(count: int) -> list[ChatRequest]:
    return [make_request(sample=sample) for sample in range(count)]


async def turned_down(model: Any, request: ChatRequest) -> None:
    with pytest.raises(ServerBusy):
        await model.complete(request)


@given(count=st.integers(1, 60), concurrency=st.integers(1, 20))
def test_as_many_requests_are_in_flight_as_allowed_and_no_more(count, concurrency):
    server = Server()

    async def work():
        model = Throttle(settings(concurrency=concurrency)).around(server)
        await asyncio.gather(*map(model.complete, requests(count)))

    run(work())
    assert server.peak == min(count, concurrency)
    assert len(server.sent) == count


def test_requests_are_sent_in_the_order_in_which_they_came():
    server = Server()

    async def work():
        model = Throttle(settings(concurrency=3)).around(server)
        await asyncio.gather(*map(model.complete, requests(20)))

    run(work())
    assert [request.sample for _, request in server.sent] == list(range(20))


@given(per_minute=st.integers(1, 200), pauses=st.lists(st.floats(0, 90), min_size=1, max_size=60))
def test_no_minute_sees_more_requests_than_allowed(per_minute, pauses):
    server = Server()

    async def work():
        model = Throttle(settings(requests_per_minute=per_minute)).around(server)
        tasks = []
        for pause in pauses:
            tasks += [asyncio.create_task(model.complete(make_request())) for _ in range(5)]
            await asyncio.sleep(pause)
        await asyncio.gather(*tasks)

    run(work())
    times = [time for time, _ in server.sent]
    assert len(times) == 5 * len(pauses)
    for first, beyond in zip(times, times[per_minute:], strict=False):
        assert beyond - first >= 60 - 1e-3


def test_a_rate_is_used_up():
    server = Server()

    async def work():
        model = Throttle(settings(requests_per_minute=600)).around(server)
        await asyncio.gather(*map(model.complete, requests(1200)))
        return asyncio.get_running_loop().time()

    assert run(work()) < 120 * 1.05


@given(per_minute=st.integers(50, 5000), sizes=st.lists(st.integers(1, 2000), min_size=1, max_size=60))
def test_no_minute_sees_more_tokens_than_allowed_save_for_the_last_request(per_minute, sizes):
    server = Server()

    class Exact:
        async def complete(self, request):
            reply = await server.complete(request)
            return make_reply(request, prompt_tokens=prompt_tokens(request), completion_tokens=reply.completion_tokens)

    async def work():
        model = Throttle(settings(tokens_per_minute=per_minute)).around(Exact())
        await asyncio.gather(*(model.complete(make_request(max_tokens=size)) for size in sizes))

    run(work())
    assert len(server.sent) == len(sizes)
    taken = [(time, prompt_tokens(request) + 3) for time, request in server.sent]
    for start, _ in taken:
        in_minute = [tokens for time, tokens in taken if start <= time < start + 60]
        assert sum(in_minute[:-1]) <= per_minute * 1.001


def test_a_turn_that_came_late_is_made_up_for():
    pace = Pace(61)  # one a second, with a second of slack
    pace.take(100.0, 1)
    late = pace.free_at + 0.5
    pace.take(late, 1)
    assert pace.free_at == pytest.approx(late + 0.5)


def test_tokens_that_were_estimated_and_not_taken_are_given_back():
    async def work():
        model = Throttle(settings(tokens_per_minute=6000, concurrency=1)).around(Server())
        for request in (make_request(sample=sample, max_tokens=5990) for sample in range(20)):
            await model.complete(request)  # takes 8 tokens
        return asyncio.get_running_loop().time()

    assert run(work()) < 40


def test_tokens_that_were_taken_and_not_estimated_have_to_be_earned():
    class Greedy(Server):
        async def complete(self, request):
            await super().complete(request)
            return make_reply(request, prompt_tokens=6000)

    server = Greedy()

    async def work():
        model = Throttle(settings(tokens_per_minute=6000, concurrency=1)).around(server)
        for request in requests(3):
            await model.complete(request)

    run(work())
    assert all(later - earlier > 55 for (earlier, _), (later, _) in pairwise(server.sent))


def test_when_all_requests_of_a_round_trip_are_turned_down_the_limit_halves():
    async def work():
        throttle = Throttle(settings(concurrency=64))
        model = throttle.around(Server(capacity=0))
        await asyncio.gather(*(turned_down(model, request) for request in requests(64)))
        return throttle.limit

    assert run(work()) == 32


def test_sustained_refusals_lower_the_limit_to_one_and_no_further():
    async def work():
        throttle = Throttle(settings(concurrency=64))
        model = throttle.around(Server(capacity=0))
        await asyncio.gather(*(turned_down(model, request) for request in requests(500)))
        return throttle.limit

    assert run(work()) == 1


def test_the_limit_recovers_after_sustained_refusals_and_every_request_is_served():
    server = Server(capacity=0)

    async def work():
        throttle = Throttle(settings(concurrency=64))
        model = Retry(settings(patience=10_000)).around(throttle.around(server))
        tasks = [asyncio.create_task(model.complete(request)) for request in requests(4000)]
        await asyncio.sleep(120)
        lowest = throttle.limit
        server.capacity = 64
        await asyncio.gather(*tasks)
        return lowest, throttle.limit

    assert run(work()) == (1, 64)


def served_by(capacity: int) -> tuple[Server, float]:
    """A server that has served 100 times its capacity to an eager client, and the seconds that took."""
    server = Server(capacity=capacity)

    async def work():
        model = Retry(settings(patience=1e6)).around(Throttle(settings(concurrency=64)).around(server))
        await asyncio.gather(*map(model.complete, requests(100 * capacity)))
        return asyncio.get_running_loop().time()

    return server, run(work())


@pytest.mark.parametrize("capacity", [1, 3, 10, 30])
def test_a_server_that_takes_less_is_kept_busy(capacity):
    _, seconds = served_by(capacity)
    assert seconds < 1.25 * 100 * LATENCY


@pytest.mark.parametrize("capacity", [10, 30])
def test_a_server_that_takes_less_seldom_has_to_turn_down(capacity):
    server, _ = served_by(capacity)
    assert server.turned_down < len(server.sent) / 4


def test_a_server_that_turns_down_every_tenth_request_whatever_the_load_is_used_to_the_full():
    class Moody(Server):
        async def complete(self, request):
            self.capacity = 0 if len(self.sent) % 10 == 3 else 1000
            return await super().complete(request)

    server = Moody()

    async def work():
        throttle = Throttle(settings(concurrency=64))
        model = Retry(settings()).around(throttle.around(server))
        await asyncio.gather(*map(model.complete, requests(3000)))
        return throttle.limit

    assert run(work()) >= 56


def test_failures_that_are_no_throttling_leave_the_limit_alone():
    class Failing:
        async def complete(self, request):
            raise ServerBusy("internal error")

    async def work():
        throttle = Throttle(settings(concurrency=64))
        model = throttle.around(Failing())
        await asyncio.gather(*(turned_down(model, request) for request in requests(100)))
        return throttle.limit

    assert run(work()) == 64


@given(
    concurrency=st.integers(1, 4),
    per_minute=st.none() | st.integers(20, 600),
    cancelled_at=st.lists(st.none() | st.floats(0, 10), min_size=1, max_size=30),
)
def test_cancelled_requests_leave_no_trace(concurrency, per_minute, cancelled_at):
    server = Server()

    async def work():
        model = Throttle(settings(concurrency=concurrency, requests_per_minute=per_minute)).around(server)
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(model.complete(make_request())) for _ in cancelled_at]
        for task, time in zip(tasks, cancelled_at, strict=True):
            if time is not None:
                loop.call_at(time, task.cancel)
        await asyncio.gather(*tasks, return_exceptions=True)
        server.peak = 0
        await asyncio.gather(*map(model.complete, requests(10)))

    run(work())
    assert server.in_flight == 0
    if per_minute is None:
        assert server.peak == concurrency


def test_who_is_cancelled_when_his_turn_has_just_come_gives_it_back():
    server = Server()

    async def work():
        model = Throttle(settings(concurrency=1)).around(server)

        async def first():
            await model.complete(make_request())
            second.cancel()  # it was let in at this very moment, and does not know yet

        asking = asyncio.create_task(first())
        await asyncio.sleep(0)
        second = asyncio.create_task(model.complete(make_request()))
        await asyncio.gather(asking, second, return_exceptions=True)
        await model.complete(make_request())

    run(work())
    assert len(server.sent) == 2
