"""A draft passes where a witness's answer is right by the scorer, and solvers agree with its key."""

import asyncio
from pathlib import Path

import pytest
from scripted_solver import ScriptedSolver, images_of

from mifg_pipeline import witnesses
from mifg_pipeline.agents.answer_verifier import AnswerVerifier, compare
from mifg_pipeline.agents.prober import Prober, Subject
from mifg_pipeline.agents.workers import WorkerPool
from mifg_pipeline.config import AgentSettings, GenerateSettings, ModelSettings, ProbeSettings
from mifg_pipeline.items import Claim


@pytest.mark.parametrize(("answer", "passes"), [("Image 2", True), ("Image 1", False), ("Image 7", False)])
def test_the_witness_must_agree_with_the_key(answer, passes, make_draft):
    result = compare(make_draft(), witnesses.Testimony(answer))
    assert result.passed is passes
    assert (result.figures["witness"], result.figures["key"]) == (answer, "Image 2")


def test_a_witness_that_cannot_tell_stops_the_draft_with_its_reason(make_draft):
    result = compare(make_draft(), witnesses.Testimony(None, reason="the detail is found in two places"))
    assert not result.passed
    assert result.reason == "the pixels do not decide it: the detail is found in two places"


def verify(draft, solver=None, **probes):
    settings = GenerateSettings(
        items=1,
        models={"solver": ModelSettings(model="solver")} if solver else {},
        agents=AgentSettings(solvers=("solver",) if solver else ()),
        probes=ProbeSettings(**probes),
    )

    def locate(image, attempt):
        return Path(image.path)

    prober = Prober(settings, {"solver": solver} if solver else {}, locate)
    with WorkerPool(1) as workers:
        verifier = AnswerVerifier(settings, locate, readings={}, workers=workers, prober=prober)
        return asyncio.run(verifier.verify(Subject(draft, 0, 0)))


def gates(findings):
    return [step.result.gate for step in findings.steps]


DOGS = {"images": [0, 1], "category": "dog", "colour": None}


@pytest.mark.parametrize(
    "claim",
    [
        None,
        Claim(family="no-such-family", form="x"),
        Claim(family="count-across", form="no-such-form"),
        Claim(family="count-across", form="total", terms=DOGS),
    ],
)
def test_a_draft_without_a_witness_and_solvers_passes_and_goes_to_people_first(claim, make_draft):
    findings = verify(make_draft(claim=claim))
    assert findings.passed
    assert findings.people_first


def solver_that_sees(draft, digest):
    """Names the image with that content, under the name that it has in the request."""

    def answer(request, letters):
        shown = [image.sha256 for image in images_of(request)]
        return letters[f"Image {shown.index(digest) + 1}"]

    return ScriptedSolver(answer)


def test_a_draft_that_solvers_agree_on_needs_no_people_first(make_draft):
    draft = make_draft()
    findings = verify(draft, solver_that_sees(draft, draft.images[1].sha256))
    assert gates(findings) == ["answer_verifier", "focus", "consistency"]
    assert findings.passed
    assert not findings.people_first


def test_solvers_see_the_evidence_enlarged(make_draft):
    draft = make_draft()
    solver = solver_that_sees(draft, draft.images[1].sha256)
    verify(draft, solver)
    assert all(any(image.crop for image in images_of(request)) for request in solver.requests)


def test_a_draft_that_is_answered_otherwise_is_rejected(make_draft):
    draft = make_draft()
    findings = verify(draft, solver_that_sees(draft, draft.images[0].sha256))
    assert gates(findings) == ["answer_verifier", "focus"]
    assert not findings.passed


def test_a_draft_whose_answer_hangs_on_the_order_of_the_images_is_doubted(make_draft):
    draft = make_draft()
    findings = verify(draft, ScriptedSolver(lambda request, letters: letters["Image 2"]))
    assert findings.passed
    assert findings.people_first
    figures = findings.result_of("consistency").figures
    assert figures["right_in_given_order"] == figures["attempts_in_given_order"]
    assert figures["right"] < figures["attempts"]


def test_doubt_rejects_where_the_settings_say_so(make_draft):
    solver = ScriptedSolver(lambda request, letters: letters["Image 2"])
    findings = verify(make_draft(), solver, reject_inconsistent=True)
    assert gates(findings)[-1] == "consistency"
    assert not findings.passed


def test_without_the_consistency_gate_a_draft_without_a_witness_goes_to_people_first(make_draft):
    draft = make_draft()
    findings = verify(draft, solver_that_sees(draft, draft.images[1].sha256), consistency=None)
    assert gates(findings) == ["answer_verifier", "focus"]
    assert findings.people_first


def test_every_call_is_accounted_for(make_draft):
    draft = make_draft()
    solver = solver_that_sees(draft, draft.images[1].sha256)
    findings = verify(draft, solver)
    assert list(findings.calls) == [request.key for request in solver.requests]
    assert sum(step.usage.calls for step in findings.steps if step.usage) == len(solver.requests)
