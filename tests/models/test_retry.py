"""A request that failed for now is sent again, politely and not for ever."""

import asyncio

import pytest
from chat_examples import make_reply, make_request
from hypothesis import given
from hypothesis import strategies as st
from virtual_time import run

from mifg_pipeline.config import ServerSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.models.chat import RequestRefused, ServerBusy
from mifg_pipeline.models.retry import Retry, bound

SERVER = ServerSettings(base_url="http://localhost:1/v1", patience=60)


class Failing:
    """Fails so many times before it replies; remembers when it was asked."""

    def __init__(self, failures: float, error: Exception, but_not: str = "") -> None:
        self.failures = failures
        self.error = error
        self.but_not = but_not
        self.asked_at: list[float] = []

    async def complete(self, request):
        if request.purpose == self.but_not:
            return make_reply(request)
        self.asked_at.append(asyncio.get_running_loop().time())
        if len(self.asked_at) <= self.failures:
            raise self.error
        return make_reply(request)


@given(failures=st.integers(0, 10))
def test_the_reply_after_passing_failures_is_returned(failures):
    server = Failing(failures, ServerBusy("internal error"))
    assert run(Retry(SERVER).around(server).complete(make_request())) == make_reply(make_request())
    assert len(server.asked_at) == failures + 1


def test_no_wait_is_longer_than_its_bound():
    server = Failing(10, ServerBusy("internal error"))
    run(Retry(SERVER).around(server).complete(make_request()))
    waits = [later - earlier for earlier, later in zip(server.asked_at, server.asked_at[1:], strict=False)]
    assert all(0 <= wait <= bound(number) + 1e-3 for number, wait in enumerate(waits))
    assert bound(0) < bound(3) < bound(100) < 10


@given(retry_after=st.floats(0, 20))
def test_no_wait_is_shorter_than_the_server_asks_for(retry_after):
    server = Failing(2, ServerBusy("too many requests", retry_after=retry_after, is_throttling=True))
    run(Retry(SERVER).around(server).complete(make_request()))
    first, second, third = server.asked_at
    assert min(second - first, third - second) >= retry_after


def test_a_server_that_stays_away_stops_the_run_when_its_patience_is_used_up():
    server = Failing(float("inf"), ServerBusy("connection refused"))

    async def work():
        with pytest.raises(MifgError, match=r"http://localhost:1/v1.*connection refused.*it resumes"):
            await Retry(SERVER).around(server).complete(make_request())
        return asyncio.get_running_loop().time()

    assert 45 < run(work()) <= 60


def test_a_server_that_asks_for_more_patience_than_there_is_stops_the_run_at_once():
    server = Failing(1, ServerBusy("quota of the day", retry_after=3600, is_throttling=True))

    async def work():
        with pytest.raises(MifgError, match="wait for 3600 s"):
            await Retry(SERVER).around(server).complete(make_request())
        return asyncio.get_running_loop().time()

    assert run(work()) == 0


def test_a_request_that_fails_while_others_succeed_is_refused():
    server = Failing(float("inf"), ServerBusy("internal error"), but_not="other")

    async def work():
        model = Retry(SERVER).around(server)
        failing = asyncio.create_task(model.complete(make_request()))
        await asyncio.sleep(10)
        await model.complete(make_request(purpose="other"))
        with pytest.raises(RequestRefused, match="while the server replied to others: internal error"):
            await failing

    run(work())


def test_earlier_successes_do_not_excuse_a_server_that_is_away():
    server = Failing(float("inf"), ServerBusy("connection refused"), but_not="other")

    async def work():
        model = Retry(SERVER).around(server)
        await asyncio.sleep(1)
        await model.complete(make_request(purpose="other"))
        await asyncio.sleep(1)
        with pytest.raises(MifgError):
            await model.complete(make_request())

    run(work())


@pytest.mark.parametrize("error", [RequestRefused("too long"), MifgError("No key.", "Set it."), KeyError("a defect")])
def test_nothing_else_is_tried_again(error):
    server = Failing(1, error)

    async def work():
        with pytest.raises(type(error)):
            await Retry(SERVER).around(server).complete(make_request())

    run(work())
    assert len(server.asked_at) == 1
