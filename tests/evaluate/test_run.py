"""Evaluations of models behind a server, from the first question to the figures."""

import io

import pytest
from aiohttp import web
from asked_model import has_tools, knows, run_against, write_vstar
from benchmark_files import write_muirbench
from rich.console import Console

from mifg_pipeline.config import BudgetSettings, EpisodeSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.evaluate.benchmarks import open_benchmark
from mifg_pipeline.evaluate.episodes import EvaluationLedger
from mifg_pipeline.evaluate.outcomes import read_outcomes
from mifg_pipeline.evaluate.run import EvaluationFolder, Extent
from mifg_pipeline.evaluate.tables import as_markdown, tables_of
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.report.table import print_tables

LOOK = (
    '<tool_call>{"name": "visual_confirmation", "arguments": {"image": 1, "bbox_2d": [100, 100, 300, 300]}}</tool_call>'
)


def looks_then_knows(request):
    """Right only if it could look."""
    if not has_tools(request):
        return "<answer>B</answer>"
    return LOOK if len(request["messages"]) == 2 else "<answer>A</answer>"


def test_a_model_that_is_always_right(vstar, tmp_path):
    figures = run_against(knows, vstar, tmp_path).evaluated.evaluation.modes["on"]
    assert figures.accuracy.value == 1.0
    assert figures.breakdown["subset"]["direct_attributes"].count == 4
    assert {name: value for name, value, _ in figures.published}["overall"] == 1.0


def test_tools_are_compared_on_the_same_questions(vstar, tmp_path):
    tools = run_against(looks_then_knows, vstar, tmp_path, Extent("both", 1, False)).evaluated.evaluation.tools
    assert (tools.only_first, tools.only_second, tools.difference.value) == (0, 8, 1.0)
    assert tools.p == pytest.approx(2 / 2**8)


def test_looks_are_counted_by_item(vstar, tmp_path):
    evaluation = run_against(looks_then_knows, vstar, tmp_path, Extent("both", 1, False)).evaluated.evaluation
    assert evaluation.modes["on"].behaviour.looks == {"visual_confirmation": 1.0}
    assert evaluation.modes["off"].behaviour.looks == {}


def test_a_finished_evaluation_asks_nothing_again(vstar, tmp_path):
    first = run_against(knows, vstar, tmp_path)
    second = run_against(knows, vstar, tmp_path)
    assert (first.requests, second.requests) == (8, 0)
    assert second.evaluated.evaluation.modes == first.evaluated.evaluation.modes


def test_an_evaluation_stopped_by_its_budget_goes_on_where_it_was(vstar, tmp_path):
    with pytest.raises(MifgError, match="5 calls"):
        run_against(looks_then_knows, vstar, tmp_path / "stopped", budget=BudgetSettings(calls=5))
    resumed = run_against(looks_then_knows, vstar, tmp_path / "stopped")
    assert resumed.requests == 2 * 8 - 5
    whole = run_against(looks_then_knows, vstar, tmp_path / "whole").evaluated.evaluation.modes["on"]
    assert resumed.evaluated.evaluation.modes["on"].accuracy == whole.accuracy


def test_more_samples_add_to_those_that_are_there(vstar, tmp_path):
    run_against(knows, vstar, tmp_path, Extent("on", 1, False), temperature=0.7)
    more = run_against(knows, vstar, tmp_path, Extent("on", 3, False), temperature=0.7)
    assert more.requests == 2 * 8
    assert set(more.evaluated.evaluation.modes["on"].pass_at) == {1, 2, 3}


def test_samples_of_an_item_are_sent_with_different_seeds_and_modes_with_the_same(vstar, tmp_path):
    seen = []

    def reply(request):
        seen.append((has_tools(request), str(request["messages"][1]), request["seed"]))
        return "<answer>A</answer>"

    run_against(reply, vstar, tmp_path, Extent("both", 2, False), temperature=0.7)
    with_tools = {(text, seed) for tools, text, seed in seen if tools}
    assert len(with_tools) == 2 * 8
    assert {seed for _, seed in with_tools} == {seed for tools, _, seed in seen if not tools}


@pytest.mark.parametrize("reply", ["", "I cannot see any image.", "A" * (1 << 20)], ids=["empty", "prose", "1 MB"])
def test_a_model_that_never_answers_is_wrong_and_said_to_have_no_answer(vstar, tmp_path, reply):
    figures = run_against(lambda _: reply, vstar, tmp_path).evaluated.evaluation.modes["on"]
    assert (figures.accuracy.value, figures.behaviour.answered) == (0.0, 0.0)
    assert figures.behaviour.ends == {EndReason.NO_ANSWER: 8}


def test_an_answer_without_tags_counts_only_where_that_was_asked_for(vstar, tmp_path):
    strict = run_against(lambda _: "The answer is A.", vstar, tmp_path).evaluated.evaluation.modes["on"]
    again = run_against(lambda _: "The answer is A.", vstar, tmp_path, Extent("on", 1, True))
    lenient = again.evaluated.evaluation.modes["on"]
    assert (strict.accuracy.value, lenient.accuracy.value, lenient.behaviour.lenient) == (0.0, 1.0, 1.0)
    assert again.requests == 0


def test_a_server_that_dies_midway_stops_the_run_and_what_was_finished_is_kept(vstar, tmp_path):
    replied = []

    def dies(request):
        if len(replied) == 3:
            raise RuntimeError("out of memory")
        replied.append(request)
        return "<answer>A</answer>"

    with pytest.raises(MifgError, match="resumes"):
        run_against(dies, vstar, tmp_path)
    assert run_against(knows, vstar, tmp_path).requests == 8 - 3


def test_an_episode_that_the_server_refused_counts_as_wrong_until_it_is_played_again(vstar, tmp_path):
    def refuses_one(request):
        if "kite 3?" not in str(request["messages"][1]):
            return knows(request)
        return web.json_response({"error": {"message": "The prompt is too long."}}, status=400)

    refused = run_against(refuses_one, vstar, tmp_path).evaluated.evaluation.modes["on"]
    assert (refused.accuracy.value, refused.behaviour.failed) == (7 / 8, 1)
    again = run_against(knows, vstar, tmp_path)
    assert (again.requests, again.evaluated.evaluation.modes["on"].accuracy.value) == (1, 1.0)


def test_another_model_is_not_mixed_in(vstar, tmp_path):
    run_against(knows, vstar, tmp_path)
    with pytest.raises(MifgError, match="model was seer, is oracle"):
        run_against(knows, vstar, tmp_path, model="oracle")


def test_what_was_said_to_other_prompts_is_not_mixed_in(vstar, tmp_path):
    run_against(knows, vstar, tmp_path, prompts="before")
    assert run_against(knows, vstar, tmp_path, prompts="before").requests == 0
    with pytest.raises(MifgError, match="prompts was before, is after"):
        run_against(knows, vstar, tmp_path, prompts="after")


def test_other_questions_of_the_same_keys_are_not_mixed_in(tmp_path):
    data = write_vstar(tmp_path / "data", 2)
    run_against(knows, open_benchmark("vstar", data), tmp_path / "out")
    questions = data / "test_questions.jsonl"
    questions.write_text(questions.read_text("utf-8").replace("colour", "size"), encoding="utf-8")
    with pytest.raises(MifgError, match="another question"):
        run_against(knows, open_benchmark("vstar", data), tmp_path / "out")


def test_more_images_than_an_episode_may_have_are_told_before_anything_is_asked(tmp_path):
    write_muirbench(tmp_path / "data")
    benchmark = open_benchmark("muirbench", tmp_path / "data")
    with pytest.raises(MifgError, match=r"2 of 2 items have up to 3 images.* may have 2.*max_images=3"):
        run_against(knows, benchmark, tmp_path / "out", episode=EpisodeSettings(max_images=2))
    assert not (tmp_path / "out").exists()


def test_every_outcome_has_a_line(vstar, tmp_path):
    run_against(looks_then_knows, vstar, tmp_path, Extent("both", 1, False))
    assert len(EvaluationFolder(tmp_path).outcomes.read_text("utf-8").splitlines()) == 2 * 8


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b"])
def test_an_answer_may_hold_what_ends_a_line_elsewhere(vstar, tmp_path, separator):
    run_against(lambda _: f"<answer>A{separator}B</answer>", vstar, tmp_path)
    assert [outcome.text for outcome in read_outcomes(EvaluationFolder(tmp_path).outcomes)] == [f"A{separator}B"] * 8


THOUGHT = "<think>Could it be <answer>A</answer>? The answer is A, I think.</think>"


@pytest.mark.parametrize("reply", [f"{THOUGHT} I cannot tell.", "<think>hm <answer>A</answer>", f"{THOUGHT}"])
@pytest.mark.parametrize("lenient", [False, True])
def test_what_is_thought_is_no_answer(vstar, tmp_path, reply, lenient):
    figures = run_against(lambda _: reply, vstar, tmp_path, Extent("on", 1, lenient)).evaluated.evaluation.modes["on"]
    assert (figures.accuracy.value, figures.behaviour.answered) == (0.0, 0.0)


@pytest.mark.parametrize(
    "reply",
    [f"{THOUGHT}B", "<answer>\\boxed{B}</answer>", "<answer>I choose B</answer>", f"{THOUGHT}<answer>(b)</answer>"],
)
def test_a_lenient_reading_takes_what_follows_the_thought(tmp_path, vstar, reply):
    run_against(lambda _: reply, vstar, tmp_path, Extent("on", 1, True))
    assert {outcome.text.upper().strip("()") for outcome in read_outcomes(EvaluationFolder(tmp_path).outcomes)} == {"B"}


def test_why_episodes_failed_is_said(vstar, tmp_path):
    refused = web.json_response
    made = run_against(lambda _: refused({"error": {"message": "zebra [/x] crossing"}}, status=400), vstar, tmp_path)
    evaluation = made.evaluated.evaluation
    ((reason, count),) = evaluation.modes["on"].behaviour.failures.items()
    assert ("zebra [/x] crossing" in reason, count) == (True, 8)
    shown = Console(file=io.StringIO(), width=300)
    print_tables(tables_of(evaluation), shown)
    assert "zebra [/x] crossing" in shown.file.getvalue()
    assert "zebra [/x] crossing" in as_markdown(evaluation)


def test_episodes_without_their_plan_are_refused(vstar, tmp_path):
    run_against(knows, vstar, tmp_path)
    EvaluationFolder(tmp_path).plan.unlink()
    with pytest.raises(MifgError, match="not the plan"):
        run_against(knows, vstar, tmp_path, seed=3)


def test_which_questions_were_asked_is_said(tmp_path):
    data = write_vstar(tmp_path / "data", 4)
    benchmark = open_benchmark("vstar", data, subset="direct_attributes", limit=1)
    evaluation = run_against(knows, benchmark, tmp_path / "out", Extent("on", 1, True)).evaluated.evaluation
    assert as_markdown(evaluation).startswith("### seer on vstar (subset direct_attributes, the first 1)\n")
    assert "answers without tags counted" in as_markdown(evaluation)


def test_a_damaged_ledger_is_no_matter_of_generation(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(MifgError, match="Start anew with another --out"):
        EvaluationLedger(path)
