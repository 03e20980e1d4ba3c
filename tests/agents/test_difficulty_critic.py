"""The critic goes from the cheapest question to the dearest, and stops at the first that a draft fails."""

import asyncio
from pathlib import Path

import pytest
from scripted_solver import ScriptedSolver, images_of, texts_of

from mifg_pipeline.agents.difficulty_critic import DifficultyCritic
from mifg_pipeline.agents.prober import Prober, Subject
from mifg_pipeline.config import AgentSettings, GenerateSettings, ModelSettings, ProbeSettings, SequentialTest
from mifg_pipeline.items import Answer, Claim, Region

ALL_IMAGES, NO_IMAGES = frozenset({0, 1, 2}), frozenset()


@pytest.fixture
def draft(make_draft, make_image_ref):
    """Three images, the last a distractor; its evidence is legible in a crop alone."""
    return make_draft(
        images=tuple(make_image_ref(name, width=4000, height=3000) for name in ("first", "second", "third")),
        question="Which of these colours has the kite that Images 1 and 2 show? Image 3 has none.",
        options=("red", "blue", "green", "white"),
        answer=Answer(kind="choice", value="A"),
        roles=("query", "evidence", "distractor"),
        evidence=(
            Region(image=0, bbox=(100, 100, 140, 140), label="kite"),
            Region(image=1, bbox=(100, 100, 140, 140), label="kite"),
        ),
    )


def solver_that_manages(draft, manages):
    """Right where ``manages(indices of the images shown, pixels of the first)``; else it says blue."""
    digests = [image.sha256 for image in draft.images]

    def answer(request, letters):
        images = images_of(request)
        shown = frozenset(digests.index(image.sha256) for image in images)
        return letters["red" if manages(shown, images[0].max_pixels if images else 0) else "blue"]

    return ScriptedSolver(answer)


def criticise(draft, solver=None, judge=None, judge_programs=True, **probes):
    models = {name: model for name, model in (("solver", solver), ("judge", judge)) if model}
    settings = GenerateSettings(
        items=1,
        models={name: ModelSettings(model=name) for name in models},
        agents=AgentSettings(
            solvers=("solver",) if solver else (), judge="judge" if judge else None, judge_programs=judge_programs
        ),
        probes=ProbeSettings(**probes),
    )

    def locate(image, attempt):
        return Path(image.path)

    critic = DifficultyCritic(settings, models, locate, Prober(settings, models, locate))
    return asyncio.run(critic.criticise(Subject(draft, 0, 0)))


def gates(criticism):
    return [step.result.gate for step in criticism.findings.steps]


def failure(criticism):
    return None if criticism.findings.passed else criticism.findings.steps[-1].result.gate


def sees_all(shown, pixels):
    return shown == ALL_IMAGES and pixels > 100_000


def test_without_models_legibility_alone_decides(draft):
    criticism = criticise(draft)
    assert gates(criticism) == ["resolvability"]
    assert criticism.difficulty == "zoom"
    assert criticism.findings.steps[0].usage is None


def test_what_is_illegible_is_not_shown_to_any_solver(draft):
    tiny = draft.model_copy(update={"evidence": (Region(image=1, bbox=(0, 0, 10, 10)),)})
    solver = solver_that_manages(draft, sees_all)
    criticism = criticise(tiny, solver)
    assert (failure(criticism), criticism.difficulty, solver.requests) == ("resolvability", None, [])


def test_what_takes_all_images_in_detail_passes_all_gates(draft):
    criticism = criticise(draft, solver_that_manages(draft, sees_all))
    assert failure(criticism) is None
    assert gates(criticism) == ["resolvability", "blind", "necessity", "glance", "difficulty"]
    assert criticism.difficulty == "zoom"
    assert not criticism.findings.people_first


def test_the_records_tell_what_was_probed(draft):
    probes = criticise(draft, solver_that_manages(draft, sees_all)).findings.probes
    assert [(probe.kind, probe.image) for probe in probes] == [
        ("blind", None),
        ("necessity", 0),
        ("necessity", 1),
        ("glance", None),
        ("difficulty", None),
    ]
    assert [probe.correct == probe.attempts for probe in probes] == [False, False, False, False, True]


def test_every_call_is_accounted_for(draft):
    solver = solver_that_manages(draft, sees_all)
    findings = criticise(draft, solver).findings
    assert len(findings.calls) == len(solver.requests) == sum(probe.attempts for probe in findings.probes)
    assert sum(step.usage.calls for step in findings.steps if step.usage) == len(solver.requests)


def test_what_is_answered_blind_is_rejected_before_any_image_is_sent(draft):
    solver = solver_that_manages(draft, lambda shown, pixels: True)
    assert failure(criticise(draft, solver)) == "blind"
    assert not any(map(images_of, solver.requests))


def test_what_is_answered_without_an_image_is_rejected_and_no_further_image_withheld(draft):
    solver = solver_that_manages(draft, lambda shown, pixels: shown >= {1})
    criticism = criticise(draft, solver, necessity=SequentialTest(p1=0.8, alpha=0.003, beta=0.005, most=100))
    assert failure(criticism) == "necessity"
    figures = criticism.findings.steps[-1].result.figures
    # With all of alpha for one image, five right replies would do.
    assert (figures["images"], figures["attempts"]) == ([0], [6])
    assert not any("Image 2: (not shown)" in texts_of(request) for request in solver.requests if images_of(request))


def test_distractors_are_never_withheld(draft):
    solver = solver_that_manages(draft, sees_all)
    criticise(draft, solver)
    assert not any("Image 3: (not shown)" in texts_of(request) for request in solver.requests if images_of(request))


def test_what_is_answered_at_low_resolution_is_answerable_at_a_glance(draft):
    criticism = criticise(draft, solver_that_manages(draft, lambda shown, pixels: shown == ALL_IMAGES))
    assert criticism.findings.passed
    assert criticism.difficulty == "glance"


def test_what_is_legible_at_first_view_is_not_looked_at_in_low_resolution(draft):
    large = Region(image=1, bbox=(0, 0, 800, 800))
    criticism = criticise(draft.model_copy(update={"evidence": (large,)}), solver_that_manages(draft, sees_all))
    assert "glance" not in gates(criticism)
    assert criticism.difficulty == "glance"


def test_what_no_attempt_answers_goes_to_people_first(draft):
    criticism = criticise(draft, solver_that_manages(draft, lambda shown, pixels: False))
    assert criticism.findings.passed
    assert criticism.findings.people_first


FINE = {"fine_grained": True, "needs_all_images": True, "unambiguous": True, "well_put": True, "problems": []}


def test_what_the_judge_turns_down_is_not_put_to_solvers(draft, scripted):
    judge, solver = scripted(judgement=[{**FINE, "unambiguous": False}]), solver_that_manages(draft, sees_all)
    criticism = criticise(draft, solver, judge)
    assert (failure(criticism), solver.requests) == ("judge", [])


def test_what_the_judge_finds_good_is_put_to_solvers(draft, scripted):
    criticism = criticise(draft, solver_that_manages(draft, sees_all), scripted(judgement=[FINE]))
    assert gates(criticism)[:3] == ["resolvability", "judge", "blind"]
    assert criticism.findings.passed


def test_a_judge_who_gives_no_judgement_sends_the_draft_to_people_first(draft, scripted):
    criticism = criticise(draft, judge=scripted(judgement=["no JSON"]))
    assert criticism.findings.passed
    assert criticism.findings.people_first


def test_drafts_of_programs_can_be_spared_judge_and_solvers(draft, scripted):
    by_program = draft.model_copy(update={"claim": Claim(family="x", form="y")})
    models = solver_that_manages(draft, sees_all), scripted(judgement=[FINE])
    assert gates(criticise(by_program, *models, judge_programs=False)) == ["resolvability"]
    assert "judge" in gates(criticise(draft, *models, judge_programs=False))


@pytest.mark.parametrize("gate", ["blind", "necessity", "glance"])
def test_gates_can_be_switched_off(gate, draft):
    criticism = criticise(draft, solver_that_manages(draft, sees_all), **{gate: None})
    assert gate not in gates(criticism)
    assert criticism.difficulty == "zoom"


def test_the_pass_rate_can_be_switched_off(draft):
    criticism = criticise(draft, solver_that_manages(draft, sees_all), difficulty_attempts=0)
    assert "difficulty" not in gates(criticism)
