"""What model calls took is added up per step."""

from mifg_pipeline.items import Rejection
from mifg_pipeline.store import Funnel, Ledger, Rejected, TrailEntry, Usage
from mifg_pipeline.store.calls import StoredCall

BLIND = Usage(calls=5, replayed=1, prompt_tokens=100, completion_tokens=20, money=0.5, seconds=2.0)
JUDGE = Usage(calls=1, unpriced=1, prompt_tokens=30, completion_tokens=10, seconds=1.0)


def test_usages_add_up_field_by_field():
    both = BLIND + JUDGE
    assert (both.calls, both.replayed, both.unpriced) == (6, 1, 1)
    assert (both.prompt_tokens, both.completion_tokens, both.money, both.seconds) == (130, 30, 0.5, 3.0)


def test_the_funnel_keeps_the_usage_of_each_step():
    trail = (
        TrailEntry("lint", 0, True, 0.0),
        TrailEntry("judge", 0, True, 0.0, JUDGE),
        TrailEntry("blind", 0, True, 0.0, BLIND),
    )
    funnel = Funnel.of([trail, trail])
    assert funnel.steps["lint"].usage == Usage()
    assert funnel.steps["blind"].usage == BLIND + BLIND
    assert funnel.usage() == BLIND + BLIND + JUDGE + JUDGE


def test_steps_add_up_to_the_agents_that_take_them():
    trail = (
        TrailEntry("image_curator", 0, True, 1.0),
        TrailEntry("inventory", 0, True, 0.5, JUDGE),
        TrailEntry("lint", 0, True, 9.0),
        TrailEntry("judge", 0, True, 0.25, JUDGE),
        TrailEntry("blind", 0, True, 0.25, BLIND),
    )
    agents = Funnel.of([trail]).by_agent()
    assert (agents["image_curator"].seconds, agents["image_curator"].usage) == (1.5, JUDGE)
    assert (agents["difficulty_critic"].seconds, agents["difficulty_critic"].usage) == (0.5, JUDGE + BLIND)
    assert agents["answer_verifier"].usage == Usage()


def test_the_funnel_of_a_run_counts_every_paid_call_once(tmp_path):
    """Attempt 0 was decided after a start that replayed one of its two calls; the judge's attempt is still open."""
    trail = (TrailEntry("blind", 0, False, 0.0, Usage(calls=1, replayed=1, prompt_tokens=100, seconds=1.0)),)
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.append([Rejected(Rejection(attempt=0, gate="blind", reason="too easy"), trail)])
        for key, purpose in (("a", "blind"), ("b", "blind"), ("c", "judge")):
            ledger.calls.put(StoredCall(key, "seer", purpose, "{}", None, "stop", 100, 10, 1.0, 0.25))
        funnel = Funnel.of_run(ledger)
    assert (funnel.attempts, funnel.steps["blind"].seen, funnel.steps["judge"].seen) == (1, 1, 0)
    assert funnel.steps["blind"].usage.calls == 2
    assert funnel.usage() == Usage(3, 1, 0, 300, 30, 0.75, 3.0)
