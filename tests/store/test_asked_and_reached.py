"""Quotas against what the ledger holds."""

from mifg_pipeline.config import GenerateSettings, QuotaSettings
from mifg_pipeline.items import Rejection
from mifg_pipeline.store import Accepted, Ledger, QuotaOutcome, Rejected, asked_and_reached


def test_a_missing_family_says_what_ended_its_attempts(tmp_path, make_item):
    settings = GenerateSettings(
        items=4, quotas=QuotaSettings(family={"test-family": 0.5, "order": 0.25, "relate": 0.25})
    )
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.append(
            [
                Accepted(make_item(0), "a", ()),
                Rejected(Rejection(attempt=1, program="test-family/x", gate="lint", reason="unclear"), ()),
                Rejected(Rejection(attempt=2, program="order/x", gate="evidence", reason="small"), ()),
            ]
        )
        outcomes = asked_and_reached(settings, {"relate": "no objects"}, ledger)
    assert outcomes == [
        QuotaOutcome("family", "test-family", 2, 1, "attempts were ended by: lint 1"),
        QuotaOutcome("family", "order", 1, 0, "attempts were ended by: evidence 1"),
        QuotaOutcome("family", "relate", 1, 0, "no objects"),
    ]


def test_without_quotas_there_is_nothing_to_tell(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert asked_and_reached(GenerateSettings(items=4), {}, ledger) == []
