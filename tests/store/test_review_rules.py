"""The rules say how many people an item needs, by its id alone, and what becomes of it then."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.errors import MifgError
from mifg_pipeline.store.decisions import review_items
from mifg_pipeline.store.new_events import Past
from mifg_pipeline.store.review_records import Judgement
from mifg_pipeline.store.review_rules import ReviewRules, read_rules, rules_path, write_rules
from mifg_pipeline.store.run_folder import RunFolder

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def status(item, rules: ReviewRules, *decided: tuple[str, str]) -> str:
    events = []
    for number, (name, decision) in enumerate(decided):
        judged = Judgement(item_id=item.id, item_digest=item.digest, decision=decision, comment="because")
        events.append(Past(name).event(judged, NOW + timedelta(seconds=number)))
    (reviewed,) = review_items([item], events, rules)
    return reviewed.status


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_overlap_holds_the_items_of_a_smaller_one(name, one, other):
    smaller, larger = (ReviewRules(overlap=share).people(name) for share in sorted((one, other)))
    assert smaller <= larger


def test_the_overlap_is_about_the_share_asked_for():
    rules = ReviewRules(overlap=0.1)
    assert 900 < sum(rules.people(str(number)) == 2 for number in range(10_000)) < 1100


@pytest.mark.parametrize(
    ("decided", "expected"),
    [
        ([("alice", "accept")], "open"),
        ([("alice", "reject")], "open"),
        ([("alice", "flag")], "flagged"),
        ([("alice", "accept"), ("bob", "skip")], "open"),
        ([("alice", "accept"), ("bob", "accept")], "verified"),
        ([("alice", "accept"), ("bob", "reject")], "disagreement"),
        ([("alice", "accept"), ("bob", "reject"), ("carol", "accept")], "verified"),
        ([("alice", "accept"), ("bob", "reject"), ("carol", "reject")], "rejected"),
        ([("alice", "flag"), ("carol", "accept")], "verified"),
        ([("alice", "accept"), ("carol", "flag")], "flagged"),
        ([("carol", "accept"), ("alice", "reject"), ("bob", "reject")], "verified"),
        ([("carol", "accept"), ("cora", "reject")], "rejected"),
    ],
)
def test_an_item_that_two_decide_is_settled_by_both_or_by_an_adjudicator(make_item, decided, expected):
    rules = ReviewRules(overlap=1.0, adjudicators=("carol", "cora"))
    assert status(make_item(), rules, *decided) == expected


def test_without_a_file_one_person_is_enough(tmp_path):
    assert read_rules(RunFolder(tmp_path)) == ReviewRules()
    assert ReviewRules().people("any") == 1


def test_rules_are_read_as_they_were_written(tmp_path):
    rules = ReviewRules(overlap=0.25, adjudicators=("carol",), gold=("1", "2"), gold_share=0.1)
    write_rules(RunFolder(tmp_path), rules)
    assert read_rules(RunFolder(tmp_path)) == rules


@pytest.mark.parametrize("content", ["overlap: 2", "overlap: [", "- 1", "overlpa: 0.1", "\x00"])
def test_damaged_rules_are_named(tmp_path, content):
    path = rules_path(RunFolder(tmp_path))
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(MifgError, match=r"rules\.yaml does not hold rules"):
        read_rules(RunFolder(tmp_path))
