"""Finished model calls are kept under their key, and added up by model and purpose."""

import pytest

from mifg_pipeline.errors import MifgError
from mifg_pipeline.store import Ledger
from mifg_pipeline.store.calls import CallTotal, StoredCall
from mifg_pipeline.store.usage import Usage


def call(key: str, model: str = "tiny", purpose: str = "blind", money: float | None = None) -> StoredCall:
    return StoredCall(key, model, purpose, '{"answer": "B"}', None, "stop", 100, 10, 0.5, money)


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        yield ledger


def test_a_call_is_found_by_its_key(ledger):
    calls = [call("a"), call("b", money=0.5)]
    for stored in calls:
        ledger.calls.put(stored)
    assert [ledger.calls.get(key) for key in "abc"] == [*calls, None]


def test_calls_are_still_there_when_the_ledger_is_opened_again(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        ledger.calls.put(call("a"))
    with Ledger(path, read_only=True) as ledger:
        assert ledger.calls.get("a") == call("a")


def test_a_second_call_of_a_key_is_no_part_of_the_ledger(ledger):
    ledger.calls.put(call("a"))
    with pytest.raises(MifgError):
        ledger.calls.put(call("a", model="other"))
    assert ledger.calls.get("a") == call("a")


def test_totals_are_by_model_and_purpose(ledger):
    for stored in (call("a", money=0.5), call("b", money=0.25), call("c", purpose="focus"), call("d", model="big")):
        ledger.calls.put(stored)
    one = Usage(calls=1, unpriced=1, prompt_tokens=100, completion_tokens=10, seconds=0.5)
    assert ledger.calls.totals() == [
        CallTotal("big", "blind", one),
        CallTotal("tiny", "blind", Usage(calls=2, prompt_tokens=200, completion_tokens=20, money=0.75, seconds=1.0)),
        CallTotal("tiny", "focus", one),
    ]


def test_what_was_spent_is_the_sum_of_the_totals(ledger):
    assert ledger.calls.spent() == Usage()
    for key in "abc":
        ledger.calls.put(call(key, purpose=key, money=0.5))
    assert ledger.calls.spent() == Usage(calls=3, prompt_tokens=300, completion_tokens=30, money=1.5, seconds=1.5)
