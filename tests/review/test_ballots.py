"""What is kept up to date event by event is what counting anew gives."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mifg_pipeline.review.ballots import DISPUTED, Ballots
from mifg_pipeline.review.candidates import Candidates
from mifg_pipeline.store.decisions import counting_events, review_items
from mifg_pipeline.store.new_events import Past
from mifg_pipeline.store.review_records import Edits, Judgement
from mifg_pipeline.store.review_rules import ReviewRules

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PEOPLE = ("alice", "bob", "carol", "dan")
DECISIONS = ("accept", "reject", "edit", "skip", "flag", "undo")
STEPS = st.lists(st.tuples(st.sampled_from(PEOPLE), st.integers(0, 4), st.sampled_from(DECISIONS)), max_size=30)


def events_of(items, steps):
    pasts = {name: Past(name) for name in PEOPLE}
    for name, index, decision in steps:
        item = items[index]
        judged = Judgement(
            item_id=item.id,
            item_digest=item.digest,
            decision=decision,
            comment="because",
            edits=Edits(question=f"Which image shows the kite, says {name}?") if decision == "edit" else Edits(),
        )
        if not pasts[name].says(judged):
            event = pasts[name].event(judged, NOW)
            pasts[name].follow(event)
            yield event


@pytest.fixture
def candidates(made):
    return made.items, Candidates.open(made.run)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, overlap=st.sampled_from([0.0, 0.5, 1.0]), adjudicators=st.sampled_from([(), ("dan",)]))
def test_ballots_agree_with_counting_anew(candidates, steps, overlap, adjudicators):
    items, index = candidates
    rules = ReviewRules(overlap=overlap, adjudicators=adjudicators)
    ballots, events = Ballots(index, rules), list(events_of(items, steps))
    for event in events:
        ballots.take([event])
    statuses = [reviewed.status for reviewed in review_items(items, events, rules)]
    assert [ballots.status(position) for position in range(len(items))] == statuses
    assert set(ballots.disputed) == {position for position, status in enumerate(statuses) if status in DISPUTED}
    for position, (_, counting) in enumerate(counting_events(items, events)):
        assert dict(sorted(ballots.of(position).items())) == counting
    for name in PEOPLE:
        waiting = [position for position in range(len(items)) if ballots.is_open(name, position)]
        assert ballots.open_items(name) == len(waiting)


def test_events_on_items_that_are_not_there_are_stale(candidates):
    _, index = candidates
    past = Past("alice")
    ballots = Ballots(index, ReviewRules())
    ballots.take([past.event(Judgement(item_id="0", item_digest="0", decision="accept"), NOW)])
    assert ballots.stale == {"alice": 1}
