"""Servers that fail and processes that are killed cost time, and neither items nor calls."""

import pytest
from fault_trial import make_run

from mifg_pipeline.stub.faults import MALFORMED
from mifg_pipeline.stub.settings import StubSettings

pytestmark = pytest.mark.slow

ITEMS, LATENCY, CONCURRENCY = 8, 0.05, 16
CALM = StubSettings(latency=LATENCY, malformed=0.05)
FAULTY = StubSettings(latency=LATENCY, malformed=0.05, errors=0.1, throttles=0.1, retry_after=LATENCY, stragglers=0.01)
KILLS, RESTARTS = 5, 2
EVENTS = [(eighth / 8, "restart" if eighth in (3, 6) else "kill") for eighth in range(1, 8)]


@pytest.fixture(scope="module")
def calm(scenes, tmp_path_factory):
    """The run that nothing happens to, but that some replies are malformed."""
    return make_run(scenes, tmp_path_factory.mktemp("calm") / "run", ITEMS, [CALM], concurrency=CONCURRENCY)


@pytest.fixture(scope="module")
def faulty(calm, scenes, tmp_path_factory):
    """The same run with faults of all kinds."""
    run = tmp_path_factory.mktemp("faulty") / "run"
    servers = [FAULTY] * (1 + RESTARTS)
    return make_run(scenes, run, ITEMS, servers, concurrency=CONCURRENCY, events=EVENTS, expected=calm.calls)


def test_nothing_happens_in_the_calm_run_but_malformed_replies(calm):
    assert calm.candidates.count(b"\n") == ITEMS
    assert set(calm.outcomes) == {"replied", *(f"flawed: {flaw}" for flaw in MALFORMED)}
    assert calm.repeated == 0
    assert calm.calls == calm.outcomes.total()


def test_the_faults_happened(faulty):
    assert len(faulty.kills) == KILLS
    assert len(faulty.peaks) == 1 + RESTARTS
    failed = sum(count for outcome, count in faulty.outcomes.items() if outcome.startswith("failed"))
    assert 0.05 < failed / faulty.outcomes.total() < 0.15
    assert 0.05 < faulty.outcomes["throttled"] / faulty.outcomes.total() < 0.15


def test_the_same_replies_give_the_same_items_through_all_faults(calm, faulty):
    assert faulty.candidates == calm.candidates


def test_no_call_is_repeated_but_those_in_flight_when_the_process_was_killed(faulty):
    assert all(kill.asked_again <= kill.in_flight <= CONCURRENCY for kill in faulty.kills)
    assert faulty.repeated <= sum(kill.in_flight for kill in faulty.kills)


def test_sustained_throttling_slows_the_run_and_never_stops_it_and_passes(scenes, calm, tmp_path):
    takes_few = CALM.model_copy(update={"limit": 3, "retry_after": LATENCY})
    trial = make_run(
        scenes,
        tmp_path / "run",
        ITEMS,
        [takes_few, CALM],
        concurrency=CONCURRENCY,
        events=[(0.5, "restart")],
        expected=calm.calls,
    )
    few, many = trial.peaks
    assert few <= 3
    assert many > 6
    assert trial.outcomes["over the limit"] > 10
    assert trial.fewest_replies(30 * LATENCY, start=0.05, end=0.45) > 0
    assert trial.candidates == calm.candidates
