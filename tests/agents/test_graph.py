"""Where an attempt goes after each step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.graph import END

from mifg_pipeline.agents.graph import FINAL_STEPS, build_graph, initial_state, next_step, recursion_limit
from mifg_pipeline.items import GateResult


def state_after(failure=None, round_number=0):
    result = failure and GateResult(gate=failure, passed=False, reason="x")
    return {**initial_state(0), "failure": result, "round": round_number}


def test_without_a_failure_an_attempt_goes_on():
    assert next_step(state_after(), max_rounds=2, onward="lints") == "lints"


def test_a_failure_that_can_be_mended_goes_back_to_the_writer():
    assert next_step(state_after("evidence"), max_rounds=2, onward="lints") == "question_writer"


def test_after_the_last_round_a_failure_ends_the_attempt():
    assert next_step(state_after("evidence", round_number=2), max_rounds=2, onward="lints") == END


@pytest.mark.parametrize("gate", sorted(FINAL_STEPS))
def test_a_failure_that_lies_in_the_images_ends_the_attempt_at_once(gate):
    assert next_step(state_after(gate), max_rounds=2, onward="lints") == END


@given(st.integers(0, 20))
def test_the_recursion_limit_lets_all_rounds_happen(max_rounds):
    steps = 1 + 4 * (max_rounds + 1)
    assert recursion_limit(max_rounds) > steps


def test_the_graph_joins_the_four_agents_and_the_lints():
    assert set(build_graph().get_graph().nodes) == {
        "__start__",
        "image_curator",
        "question_writer",
        "lints",
        "difficulty_critic",
        "answer_verifier",
        "__end__",
    }
