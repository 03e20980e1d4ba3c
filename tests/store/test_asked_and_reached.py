"""Quotas against what the ledger holds."""

import pytest

from mifg_pipeline.config import GenerateSettings, QuotaSettings
from mifg_pipeline.items import Answer, Rejection
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


@pytest.fixture
def outcomes_of(tmp_path, make_item, make_draft):
    """Quotas of four items against a ledger with one accepted choice over two images and five rejected drafts."""
    text = make_draft(options=None, answer=Answer(kind="text", value="kite"))
    four_images = make_draft(images=text.images * 2, roles=text.roles * 2)
    rejections = [
        {"gate": "lint", "draft": text},
        {"gate": "answer_verifier", "draft": text},
        {"gate": "answer_verifier", "draft": text},
        {"gate": "glance_share", "draft": four_images},
        {"gate": "quota", "figures": {"difficulty": "glance"}, "draft": four_images},
        {"gate": "question_writer", "program": "other-family/x"},
        {"gate": "image_curator"},
    ]

    def outcomes(**quotas):
        with Ledger(tmp_path / "ledger.sqlite") as ledger:
            ledger.append([Accepted(make_item(0), "a", ())])
            ledger.append(
                Rejected(Rejection(attempt=attempt, reason="because", **fields), ())
                for attempt, fields in enumerate(rejections, start=1)
            )
            settings = GenerateSettings(items=4, quotas=QuotaSettings(**quotas))
            return {(row.dimension, row.value): row.why_not for row in asked_and_reached(settings, {}, ledger)}

    return outcomes


def test_a_missing_kind_of_answer_says_what_ended_attempts_with_such_drafts(outcomes_of):
    why_not = outcomes_of(answer={"text": 0.5, "choice": 0.25, "list": 0.25})
    assert why_not == {
        ("answer", "text"): "attempts with such a draft were ended by: answer_verifier 2, lint 1",
        ("answer", "choice"): "",
        ("answer", "list"): "no attempt came to such a draft",
    }


def test_a_missing_number_of_images_says_what_ended_attempts_with_such_drafts(outcomes_of):
    why_not = outcomes_of(images={2: 0.5, 4: 0.25, 6: 0.25})
    assert why_not == {
        ("images", "2"): "attempts with such a draft were ended by: answer_verifier 2, lint 1",
        ("images", "4"): "attempts with such a draft were ended by: glance_share 1, quota 1",
        ("images", "6"): "no attempt came to such a draft",
    }


def test_an_answer_of_which_no_draft_was_turned_down_was_written_too_seldom(tmp_path, make_item):
    settings = GenerateSettings(items=4, quotas=QuotaSettings(answer={"choice": 1}))
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.append([Accepted(make_item(0), "a", ())])
        (outcome,) = asked_and_reached(settings, {}, ledger)
    assert outcome.why_not == "no other attempt came to such a draft"


def test_a_missing_difficulty_counts_only_drafts_whose_difficulty_is_known(outcomes_of):
    assert outcomes_of(difficulty={"glance": 0.5, "zoom": 0.5}) == {
        ("difficulty", "glance"): "attempts with such a draft were ended by: glance_share 1, quota 1",
        ("difficulty", "zoom"): "",
    }


def test_values_without_a_share_are_counted_together(outcomes_of):
    why_not = outcomes_of(answer={"list": 0.25}, family={"order": 0.25})
    assert why_not["answer", "other"].startswith("attempts with such a draft were ended by: answer_verifier 2, lint 1")
    assert why_not["family", "other"] == "attempts were ended by: question_writer 1"


def test_without_quotas_there_is_nothing_to_tell(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert asked_and_reached(GenerateSettings(items=4), {}, ledger) == []
