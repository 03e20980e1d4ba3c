"""What goes wrong with a request."""

from collections import Counter
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.stub.faults import ERRORS, MALFORMED, REFUSALS, Failure, Fate, Flaw, fate_of
from mifg_pipeline.stub.settings import StubSettings

REQUESTS = 4000
DIGESTS = [sha256(str(number).encode()).digest()[:16] for number in range(REQUESTS)]


def fates(settings: StubSettings) -> list[Fate]:
    return [fate_of(digest, 0, settings) for digest in DIGESTS]


def share(count: int) -> float:
    return count / REQUESTS


@given(st.binary(min_size=16, max_size=16), st.integers(0, 50), st.integers())
def test_the_same_request_has_the_same_fate(digest: bytes, seen: int, seed: int) -> None:
    settings = StubSettings(seed=seed, errors=0.3, throttles=0.3, malformed=0.5, jitter=1, stragglers=0.5)
    assert fate_of(digest, seen, settings) == fate_of(digest, seen, settings)


def test_without_shares_nothing_goes_wrong() -> None:
    assert set(fates(StubSettings(latency=0.5))) == {Fate(None, None, 0.5)}


def test_failures_come_in_the_shares_that_were_set() -> None:
    failures = Counter(fate.failure for fate in fates(StubSettings(errors=0.3, throttles=0.2)))
    assert share(failures[Failure.THROTTLED]) == pytest.approx(0.2, abs=0.03)
    for failure in ERRORS:
        assert share(failures[failure]) == pytest.approx(0.3 / len(ERRORS), abs=0.02)


def test_flaws_come_in_the_shares_that_were_set() -> None:
    flaws = Counter(fate.flaw for fate in fates(StubSettings(malformed=0.4, truncated=0.2, refusals=0.2)))
    assert share(flaws[Flaw.TRUNCATED]) == pytest.approx(0.2, abs=0.03)
    assert share(sum(flaws[flaw] for flaw in MALFORMED)) == pytest.approx(0.4, abs=0.03)
    assert share(sum(flaws[flaw] for flaw in REFUSALS)) == pytest.approx(0.2, abs=0.03)
    assert set(flaws) == {None, *Flaw}


def test_a_share_of_one_leaves_nothing_else() -> None:
    assert {fate.failure for fate in fates(StubSettings(throttles=1))} == {Failure.THROTTLED}


def test_stragglers_take_many_times_as_long() -> None:
    seconds = Counter(fate.seconds for fate in fates(StubSettings(latency=1, stragglers=0.1, straggler_factor=5)))
    assert set(seconds) == {1, 5}
    assert share(seconds[5]) == pytest.approx(0.1, abs=0.02)


def test_jitter_spreads_the_latency_evenly() -> None:
    seconds = sorted(fate.seconds for fate in fates(StubSettings(latency=1, jitter=2)))
    assert seconds[0] >= 1
    assert seconds[-1] <= 3
    assert seconds[REQUESTS // 2] == pytest.approx(2, abs=0.1)


def test_a_request_that_failed_may_succeed_when_it_comes_again() -> None:
    settings = StubSettings(errors=0.5)
    failed = [digest for digest in DIGESTS if fate_of(digest, 0, settings).failure]
    again = sum(fate_of(digest, 1, settings).failure is None for digest in failed)
    assert again / len(failed) == pytest.approx(0.5, abs=0.05)


def test_a_reply_is_as_it_was_when_it_is_asked_for_again() -> None:
    settings = StubSettings(malformed=0.3, truncated=0.3, refusals=0.3)
    assert all(fate_of(digest, 0, settings).flaw == fate_of(digest, 3, settings).flaw for digest in DIGESTS)


def test_failures_and_flaws_are_independent() -> None:
    both = [fate for fate in fates(StubSettings(throttles=0.5, truncated=0.5)) if fate.failure and fate.flaw]
    assert share(len(both)) == pytest.approx(0.25, abs=0.03)


def test_another_seed_strikes_other_requests() -> None:
    one, other = (fates(StubSettings(seed=seed, throttles=0.5)) for seed in (1, 2))
    assert share(sum(a.failure == b.failure for a, b in zip(one, other, strict=True))) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    "shares",
    [
        {"errors": 0.6, "throttles": 0.6},
        {"malformed": 0.5, "truncated": 0.4, "refusals": 0.2},
        {"latency": -1},
        {"latency": float("inf")},
        {"errors": float("nan")},
    ],
)
def test_impossible_settings_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="StubSettings"):
        StubSettings(**shares)
