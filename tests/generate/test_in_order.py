"""Outcomes come in order of the attempts, whichever finishes first."""

import asyncio

import pytest

from mifg_pipeline.generate.engine import RUN_AHEAD, in_order


async def collect(outcomes, most=None):
    found = []
    async for outcome in outcomes:
        found.append(outcome)
        if len(found) == most:
            break
    await outcomes.aclose()
    return found


@pytest.mark.parametrize("concurrency", [1, 2, 8])
def test_outcomes_are_in_order_when_later_attempts_finish_first(concurrency):
    async def make(attempt):
        for _ in range((attempt * 7) % 5):
            await asyncio.sleep(0)
        return attempt

    assert asyncio.run(collect(in_order(make, 3, 40, concurrency, lambda: 40))) == list(range(3, 40))


def test_no_more_than_the_concurrency_run_at_once():
    running = peak = 0

    async def make(attempt):
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(0)
        running -= 1
        return attempt

    asyncio.run(collect(in_order(make, 0, 50, 4, lambda: 50)))
    assert peak == 4


def test_a_slow_attempt_bounds_how_far_others_run_ahead():
    started = []

    async def make(attempt):
        started.append(attempt)
        if attempt == 0:
            for _ in range(200):
                await asyncio.sleep(0)
        return attempt

    async def first_of(outcomes):
        found = await anext(outcomes)
        seen = list(started)
        await outcomes.aclose()
        return found, seen

    found, seen = asyncio.run(first_of(in_order(make, 0, 1000, 2, lambda: 1000)))
    assert found == 0
    assert max(seen) < RUN_AHEAD * 2


def test_no_more_attempts_are_under_way_than_are_likely_to_be_needed():
    under_way = 0
    peaks = []

    async def make(attempt):
        nonlocal under_way
        under_way += 1
        await asyncio.sleep(0)
        return attempt

    async def watch():
        nonlocal under_way
        async for attempt in (outcomes := in_order(make, 0, 12, 8, lambda: 3)):
            peaks.append(under_way)
            under_way -= 1
            if attempt == 9:
                break
        await outcomes.aclose()

    asyncio.run(watch())
    assert max(peaks) <= 3


def test_attempts_under_way_are_cancelled_when_nobody_waits_for_them():
    started, ended = [], []

    async def make(attempt):
        started.append(attempt)
        try:
            if attempt:
                await asyncio.Event().wait()
            return attempt
        finally:
            ended.append(attempt)

    assert asyncio.run(collect(in_order(make, 0, 10, 3, lambda: 10), most=1)) == [0]
    assert len(started) > 1
    assert sorted(ended) == started


def test_an_error_in_an_attempt_reaches_the_caller():
    async def make(attempt):
        if attempt == 2:
            raise RuntimeError("broken")
        return attempt

    with pytest.raises(RuntimeError, match="broken"):
        asyncio.run(collect(in_order(make, 0, 10, 3, lambda: 10)))
