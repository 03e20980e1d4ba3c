"""Run-level decisions are taken in order of the attempts."""

from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.config import GateSettings, GenerateSettings, QuotaSettings
from mifg_pipeline.generate.sequencer import Sequencer, closed
from mifg_pipeline.items import Rejection
from mifg_pipeline.store import Accepted, Ledger, Rejected, TrailEntry

TRAIL = (TrailEntry("answer_verifier", 1, True, 0.0),)


def settings(items: int, glance_share: float = 1.0, **quotas: dict[str, float]) -> GenerateSettings:
    return GenerateSettings(items=items, gates=GateSettings(glance_share=glance_share), quotas=QuotaSettings(**quotas))


def test_a_repeated_question_is_turned_down_with_its_draft(make_item):
    sequencer = Sequencer(settings(5))
    sequencer.decide(Accepted(make_item(0), "same", TRAIL))
    repeated = sequencer.decide(Accepted(make_item(1), "same", TRAIL))
    assert isinstance(repeated, Rejected)
    assert repeated.rejection.gate == "repeated_question"
    assert repeated.rejection.draft is not None
    assert repeated.rejection.draft.question == make_item().question
    assert repeated.trail[-1] == TrailEntry("repeated_question", 1, False, 0.0)
    assert sequencer.accepted == 1


def test_glances_beyond_their_share_are_turned_down(make_item):
    sequencer = Sequencer(settings(10, glance_share=0.2))
    decisions = [sequencer.decide(Accepted(make_item(k, difficulty="glance"), str(k), TRAIL)) for k in range(4)]
    assert [isinstance(decision, Accepted) for decision in decisions] == [True, True, False, False]


def test_a_rejection_stays_one():
    rejected = Rejected(Rejection(attempt=0, gate="lint", reason="unclear"), TRAIL)
    assert Sequencer(settings(1)).decide(rejected) is rejected


def test_items_beyond_a_quota_are_turned_down(make_item):
    sequencer = Sequencer(settings(4, answer={"choice": 0.5}))
    made = [Accepted(make_item(k, question=f"What is {k}?"), str(k), TRAIL) for k in range(4)]
    decisions = [sequencer.decide(outcome) for outcome in made]
    assert [isinstance(decision, Accepted) for decision in decisions] == [True, True, False, False]
    assert decisions[2].rejection.gate == "quota"
    assert decisions[2].rejection.figures == {"answer": "choice"}


def test_an_attempt_of_a_full_family_has_one_outcome_whether_it_was_made_or_not(make_item):
    sequencer = Sequencer(settings(2, family={"test-family": 0.5}))
    sequencer.decide(Accepted(make_item(0), "0", TRAIL))
    program = make_item(1).provenance.writer
    assert sequencer.is_closed(program)
    failed = Rejected(Rejection(attempt=1, program=program, gate="lint", reason="unclear"), TRAIL)
    not_made = closed(1, program)
    for outcome in (Accepted(make_item(1), "1", TRAIL), failed, not_made):
        assert sequencer.decide(outcome) == not_made


def test_an_item_by_a_model_counts_for_the_models_and_is_traced_to_its_plan(make_item):
    sequencer = Sequencer(settings(4, family={"model": 0.25}))
    made = [Accepted(make_item(k, writer="model/big@0123456789ab"), str(k), TRAIL) for k in range(2)]
    assert isinstance(sequencer.decide(made[0]), Accepted)
    assert sequencer.is_closed("model/other")
    assert sequencer.decide(made[1]) == closed(1, "model/big")


def test_an_item_by_a_model_that_is_turned_down_keeps_its_writer(make_item):
    sequencer = Sequencer(settings(4))
    made = [Accepted(make_item(k, writer="model/big@0123456789ab"), "same", TRAIL) for k in range(2)]
    rejection = [sequencer.decide(outcome) for outcome in made][1].rejection
    assert rejection.program == "model/big"
    assert rejection.draft.writer == "model/big@0123456789ab"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=20), st.integers(0, 20))
def test_resuming_from_the_ledger_decides_as_if_never_stopped(tmp_path_factory, make_item, attempts, stop):
    outcomes = [
        Accepted(make_item(k, difficulty="glance" if glance else "zoom", question=f"What is {k}?"), key, TRAIL)
        for k, (key, glance) in enumerate(attempts)
    ]
    rules = settings(8, glance_share=0.25, difficulty={"zoom": 0.5})
    straight = Sequencer(rules)
    expected = [straight.decide(outcome) for outcome in outcomes]

    with Ledger(tmp_path_factory.mktemp("run") / "ledger.sqlite") as ledger:
        first = Sequencer.resume(rules, ledger)
        ledger.append([first.decide(outcome) for outcome in outcomes[:stop]])
        second = Sequencer.resume(rules, ledger)
        rest = [second.decide(outcome) for outcome in outcomes[stop:]]
    assert rest == expected[stop:]
