"""Probes ask solvers in waves by index, in the given view, and record what came of it."""

import asyncio
from pathlib import Path

import pytest
from scripted_solver import ScriptedSolver, images_of, task_of, texts_of

from mifg_pipeline.agents.probe_view import ProbeView
from mifg_pipeline.agents.prober import Prober, Subject
from mifg_pipeline.config import AgentSettings, GenerateSettings, ModelSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.gates.sequential_test import WaldTest
from mifg_pipeline.items import Answer, Claim
from mifg_pipeline.models.chat import BudgetSpent

FIRST_VIEW = ProbeView("difficulty", 10**9)
BLIND = ProbeView("blind", 0)


def settings(*solvers, seed=0, judge_programs=True):
    return GenerateSettings(
        items=1,
        seed=seed,
        models={name: ModelSettings(model=f"{name}-7b", image_pixels=500_000) for name in solvers},
        agents=AgentSettings(solvers=solvers, judge_programs=judge_programs),
    )


def probe(draft, solver, view=FIRST_VIEW, next_wave=None, attempt=0, round_number=0, **models):
    models = models or {"one": solver}
    prober = Prober(settings(*models), models, lambda image, _: Path(image.path))
    following = next_wave or (lambda _, made: 6 - made)
    return asyncio.run(prober.probe(Subject(draft, attempt, round_number), view, following))


def always(text):
    return ScriptedSolver(lambda request, letters: letters.get(text, text))


def test_the_record_holds_what_was_said_in_terms_of_the_draft(make_draft):
    probed = probe(make_draft(), always("Image 2"))
    assert probed.probe.answers == ("B",) * 6
    assert (probed.probe.attempts, probed.probe.correct) == (6, 6)
    assert (probed.probe.kind, probed.probe.solver, probed.probe.pixels) == ("difficulty", ("one-7b",), 500_000)


def test_wrong_answers_are_kept_too(make_draft):
    probed = probe(make_draft(), always("Image 1"))
    assert (probed.probe.answers, probed.probe.correct) == (("A",) * 6, 0)


def test_a_reply_that_cannot_be_read_is_wrong_and_empty(make_draft):
    solver = ScriptedSolver(lambda request, letters: None)
    probed = probe(make_draft(), solver, next_wave=lambda _, made: 2 - made)
    assert (probed.probe.answers, probed.probe.correct) == (("", ""), 0)
    # Each was asked for once more, and both calls count.
    assert len(solver.requests) == len(probed.calls) == probed.usage.calls == 4


def test_usage_and_calls_are_told(make_draft):
    solver = always("Image 2")
    probed = probe(make_draft(), solver)
    assert (probed.usage.calls, probed.usage.prompt_tokens, probed.usage.seconds) == (6, 60, 3.0)
    assert list(probed.calls) == [request.key for request in solver.requests]
    assert len(set(probed.calls)) == 6


def test_attempts_are_made_in_the_waves_that_the_test_asks_for(make_draft):
    waves = []

    def next_wave(right, made):
        waves.append((right, made))
        return {0: 3, 3: 2}.get(made, 0)

    probed = probe(make_draft(), always("Image 2"), next_wave=next_wave)
    assert waves == [(0, 0), (3, 3), (5, 5)]
    assert probed.probe.attempts == 5


def test_a_wald_test_stops_at_its_bound(make_draft):
    test = WaldTest(p0=0.5, p1=0.8, alpha=0.003, beta=0.005, most=100)
    probed = probe(make_draft(), always("Image 2"), next_wave=test.next_wave)
    assert test.decide_by_counts(probed.probe.correct, probed.probe.attempts) == "p1"
    assert test.next_wave(probed.probe.attempts - 1, probed.probe.attempts - 1) == 1


def test_a_wave_is_under_way_at_the_same_time(make_draft):
    async def run():
        all_there = asyncio.Barrier(4)

        class Waiting(ScriptedSolver):
            async def complete(self, request):
                await all_there.wait()
                return await super().complete(request)

        models = {"one": Waiting(lambda request, letters: "A")}
        prober = Prober(settings("one"), models, lambda image, _: Path(image.path))
        subject = Subject(make_draft(), 0, 0)
        return await asyncio.wait_for(prober.probe(subject, BLIND, lambda _, made: 4 - made), 10)

    assert asyncio.run(run()).probe.attempts == 4


def test_answers_stand_in_order_of_their_index_whichever_comes_first(make_draft):
    class LastFirst(ScriptedSolver):
        async def complete(self, request):
            for _ in range(10 - request.sample):
                await asyncio.sleep(0)
            return await super().complete(request)

    draft = make_draft(options=None, answer=Answer(kind="text", value="kite"))
    solver = LastFirst(lambda request, letters: f"answer {request.sample}")
    probed = probe(draft, solver)
    assert [request.sample for request in solver.requests] != list(range(6))
    assert probed.probe.answers == tuple(f"answer {index}" for index in range(6))


def test_solvers_take_turns(make_draft):
    one, other = always("Image 2"), always("Image 1")
    probed = probe(make_draft(), None, one=one, other=other)
    assert probed.probe.answers == ("B", "A") * 3
    assert probed.probe.solver == ("one-7b", "other-7b")
    assert [request.sample for request in other.requests] == [1, 3, 5]
    assert {request.model for request in other.requests} == {"other-7b"}


def test_equal_probes_ask_the_same_and_others_something_else(make_draft, make_image_ref):
    draft = make_draft(
        images=tuple(make_image_ref(name) for name in ("first", "second", "third", "fourth")),
        options=("Image 1", "Image 2", "Image 3", "Image 4"),
        roles=("distractor", "evidence", "distractor", "distractor"),
    )

    def orders(**where):
        solver = always("Image 2")
        probe(draft, solver, view=BLIND, **where)
        return [task_of(request) for request in solver.requests]

    assert orders() == orders()
    assert len(set(orders())) > 1
    assert orders() != orders(attempt=1)
    assert orders() != orders(round_number=1)


def test_withheld_images_are_named_and_the_question_can_be_left_open(make_draft):
    solver = always("cannot be determined")
    probed = probe(make_draft(), solver, view=ProbeView("necessity", 10**9, withheld=1))
    assert probed.probe.image == 1
    assert set(probed.probe.answers) == {"cannot be determined"}
    assert "Image 2: (not shown)" in texts_of(solver.requests[0])
    assert "C. cannot be determined" in task_of(solver.requests[0])


def test_an_open_question_can_be_left_open_in_words(make_draft):
    solver = always("cannot be determined")
    draft = make_draft(options=None, answer=Answer(kind="integer", value=4))
    probed = probe(draft, solver, view=ProbeView("necessity", 10**9, withheld=1))
    assert (probed.probe.correct, set(probed.probe.answers)) == (0, {"cannot be determined"})
    assert 'the answer is "cannot be determined"' in task_of(solver.requests[0])


def test_the_key_is_nowhere_in_the_request(make_draft):
    solver = always("x")
    probe(make_draft(options=None, answer=Answer(kind="text", value="JURY77")), solver)
    assert not any("JURY77" in text for request in solver.requests for text in texts_of(request))


def test_permuted_images_are_shown_under_the_names_that_the_question_gives_them(make_draft):
    draft = make_draft()
    kite = draft.images[1].sha256

    def finds_kite(request, letters):
        shown = [image.sha256 for image in images_of(request)]
        return letters[f"Image {shown.index(kite) + 1}"]

    solver = ScriptedSolver(finds_kite)
    probed = probe(draft, solver, view=ProbeView("consistency", 10**9, is_permuted=True))
    assert set(probed.probe.answers) == {"B"}
    assert {images_of(request)[0].sha256 for request in solver.requests} == {image.sha256 for image in draft.images}


def test_blank_lines_do_not_end_the_question(make_draft):
    solver = always("Image 2")
    probe(make_draft(question="One of Images 1 and 2\n\nshows a kite. Which?"), solver)
    assert task_of(solver.requests[0]).split("\n\n")[0] == "Question: One of Images 1 and 2\nshows a kite. Which?"


def test_calls_are_accounted_to_the_gate_and_sampled_at_the_models_temperature(make_draft):
    solver = always("Image 2")
    probe(make_draft(), solver, view=BLIND)
    assert {request.purpose for request in solver.requests} == {"blind"}
    assert {request.temperature for request in solver.requests} == {0.7}


def test_what_stops_the_run_stops_the_probe(make_draft):
    def spent(request, letters):
        raise BudgetSpent("The budget is spent.", "Raise it.")

    with pytest.raises(MifgError, match="budget"):
        probe(make_draft(), ScriptedSolver(spent))


@pytest.mark.parametrize(
    ("solvers", "judge_programs", "claim", "expected"),
    [
        ((), True, None, False),
        (("one",), True, Claim(family="x", form="y"), True),
        (("one",), False, Claim(family="x", form="y"), False),
        (("one",), False, None, True),
    ],
)
def test_drafts_of_programs_can_be_left_out(solvers, judge_programs, claim, expected, make_draft):
    models = dict.fromkeys(solvers, always("A"))
    prober = Prober(settings(*solvers, judge_programs=judge_programs), models, lambda image, _: Path(image.path))
    assert prober.probes(make_draft(claim=claim)) is expected
