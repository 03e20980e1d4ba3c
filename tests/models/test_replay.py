"""A finished call is never made again: not by others at the same time, not later, not after a kill."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest
from chat_examples import make_reply, make_request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from virtual_time import run

from mifg_pipeline.errors import MifgError
from mifg_pipeline.models.chat import RequestRefused
from mifg_pipeline.models.replay import ReplayCache
from mifg_pipeline.store import Ledger


class Server:
    """Counts what it is asked, and replies after a second, or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: list[str] = []

    async def complete(self, request):
        self.asked.append(request.key)
        await asyncio.sleep(1)
        if self.error:
            raise self.error
        return make_reply(request, text=f"reply {len(self.asked)}", money=0.25)


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        yield ledger


def test_equal_requests_in_flight_are_asked_once(ledger):
    server = Server()

    async def work():
        cache = ReplayCache(ledger.calls)
        one, other = cache.around(server), cache.around(server)
        requests = [make_request("same", purpose=purpose) for purpose in ("blind", "necessity")] * 10
        return await asyncio.gather(*(model.complete(request) for model in (one, other) for request in requests))

    first, *others = run(work())
    assert len(server.asked) == 1
    assert not first.replayed
    assert all(reply.replayed and reply.text == first.text for reply in others)


def test_requests_that_differ_are_asked_each(ledger):
    server = Server()

    async def work():
        model = ReplayCache(ledger.calls).around(server)
        await asyncio.gather(*(model.complete(make_request("same", sample=sample)) for sample in range(5)))

    run(work())
    assert len(set(server.asked)) == 5


def test_a_finished_call_is_replayed_by_the_next_process(tmp_path):
    server = Server()
    replies = []
    for _ in range(2):
        with Ledger(tmp_path / "ledger.sqlite") as ledger:
            replies.append(run(ReplayCache(ledger.calls).around(server).complete(make_request())))
    first, second = replies
    assert len(server.asked) == 1
    assert (first.replayed, second.replayed) == (False, True)
    assert (second.text, second.seconds, second.money) == (first.text, first.seconds, first.money)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(),
    refusal=st.none() | st.text(),
    tokens=st.integers(0, 2**40),
    seconds=st.floats(0, 1e6),
    money=st.none() | st.floats(0, 1e6),
)
def test_a_replayed_reply_is_the_reply(ledger, text, refusal, tokens, seconds, money):
    request = make_request(text, extra_body={"case": [refusal, tokens, seconds, money]})
    reply = make_reply(
        request, text=text, refusal=refusal, prompt_tokens=tokens, seconds=seconds, money=money, replayed=True
    )

    class Says:
        async def complete(self, request):
            return reply

    model = ReplayCache(ledger.calls).around(Says())
    run(model.complete(request))
    assert run(model.complete(request)) == reply


def test_who_waits_for_a_cancelled_request_asks_himself(ledger):
    server = Server()

    async def work():
        model = ReplayCache(ledger.calls).around(server)
        tasks = [asyncio.create_task(model.complete(make_request())) for _ in range(3)]
        await asyncio.sleep(0.5)
        tasks[0].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    cancelled, *replies = run(work())
    assert isinstance(cancelled, asyncio.CancelledError)
    assert [reply.text for reply in replies] == ["reply 2", "reply 2"]


def test_who_waits_can_be_cancelled_without_harm_to_who_asks(ledger):
    server = Server()

    async def work():
        model = ReplayCache(ledger.calls).around(server)
        tasks = [asyncio.create_task(model.complete(make_request())) for _ in range(2)]
        await asyncio.sleep(0.5)
        tasks[1].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    reply, cancelled = run(work())
    assert reply.text == "reply 1"
    assert isinstance(cancelled, asyncio.CancelledError)


@pytest.mark.parametrize("error", [RequestRefused("too long"), MifgError("No key.", "Set it.")])
def test_all_who_wait_learn_of_a_failure(ledger, error):
    server = Server(error)

    async def work():
        model = ReplayCache(ledger.calls).around(server)
        return await asyncio.gather(*(model.complete(make_request()) for _ in range(3)), return_exceptions=True)

    assert run(work()) == [error] * 3
    assert len(server.asked) == 1


def test_a_refusal_is_remembered_by_the_process_and_not_by_the_ledger(ledger):
    server = Server(RequestRefused("too long"))

    async def ask(cache):
        with pytest.raises(RequestRefused, match="too long"):
            await cache.around(server).complete(make_request())

    cache = ReplayCache(ledger.calls)
    run(ask(cache))
    run(ask(cache))
    assert len(server.asked) == 1
    run(ask(ReplayCache(ledger.calls)))
    assert len(server.asked) == 2


def test_other_failures_are_not_remembered(ledger):
    server = Server(MifgError("The server is away.", "Start it."))
    model = ReplayCache(ledger.calls).around(server)

    async def ask():
        with pytest.raises(MifgError):
            await model.complete(make_request())

    run(ask())
    run(ask())
    assert len(server.asked) == 2


KILLED_WITH_THE_REPLY_IN_HAND = """
import asyncio, os, signal, sys
from pathlib import Path
from chat_examples import make_reply, make_request
from mifg_pipeline.models.replay import ReplayCache
from mifg_pipeline.store import Ledger

class Server:
    async def complete(self, request):
        await asyncio.sleep(0)
        return make_reply(request)

async def work(ledger):
    model = ReplayCache(ledger.calls).around(Server())
    async def ask(sample):
        await model.complete(make_request(sample=sample))
        os.write(1, b"%d\\n" % sample)
        if sample == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
    await asyncio.gather(*map(ask, range(10_000)))

with Ledger(Path(sys.argv[1])) as ledger:
    asyncio.run(work(ledger))
"""


@pytest.mark.parametrize("killed_at", [0, 1, 700])
def test_every_reply_that_was_handed_on_before_a_kill_is_in_the_ledger(tmp_path, killed_at):
    path = tmp_path / "ledger.sqlite"
    support = os.pathsep.join(entry for entry in sys.path if entry)
    process = subprocess.run(
        [sys.executable, "-c", KILLED_WITH_THE_REPLY_IN_HAND, path, str(killed_at)],
        env={**os.environ, "PYTHONPATH": support},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == -signal.SIGKILL, process.stderr
    handed_on = [int(line) for line in process.stdout.split()]
    assert killed_at in handed_on
    with Ledger(path) as ledger:
        assert all(ledger.calls.get(make_request(sample=sample).key) is not None for sample in handed_on)
