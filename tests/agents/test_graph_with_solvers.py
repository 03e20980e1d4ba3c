"""An attempt whose draft is put to solvers: what they make of it decides where it goes."""

import pytest

from mifg_pipeline.models.chat import ImagePart, TextPart


@pytest.fixture
def attempt(last_state, scripted, asked_question):
    """Runs one attempt in which a model writes and attempts the question; returns the model and the last state."""

    def run(solution, questions=None):
        model = scripted(question=questions or [asked_question], solution=[solution])
        return model, last_state(model, solvers=["big"])

    return run


def images_shown(request):
    """Contents by the names that they have in the request, without details."""
    shown, name = {}, ""
    for part in request.messages[-1].parts:
        if isinstance(part, TextPart):
            name = part.text.removesuffix(":")
        elif isinstance(part, ImagePart) and part.crop is None:
            shown[name] = part.sha256
    return shown


def letter_of(request, option):
    lines = request.messages[-1].parts[-1].text.splitlines()
    return next(line[0] for line in lines if line[1:] == f". {option}")


def knows_where_it_is(only_enlarged=False):
    """Solves what shows all images, in whatever order; the one that is asked for is Image 2 of the draft."""
    asked_for = []

    def solve(request):
        if only_enlarged and not any(isinstance(part, ImagePart) and part.crop for part in request.messages[-1].parts):
            return {"thought": "", "answer": letter_of(request, "Image 1")}
        if any("(not shown)" in part.text for part in request.messages[-1].parts if isinstance(part, TextPart)):
            return {"thought": "", "answer": letter_of(request, "Image 1")}
        shown = images_shown(request)
        # Until consistency is probed, images stand in the order of the draft.
        asked_for.append(shown["Image 2"])
        name = next(name for name, digest in shown.items() if digest == asked_for[0])
        return {"thought": "", "answer": letter_of(request, name)}

    return solve


def guesses_well(request):
    return {"thought": "", "answer": letter_of(request, "Image 2")}


def test_a_draft_that_solvers_agree_on_passes_with_the_records_of_its_probes(attempt):
    model, state = attempt(knows_where_it_is())
    assert state["failure"] is None
    assert not state["people_first"]
    kinds = [probe.kind for probe in state["probes"]]
    assert kinds == ["blind", "necessity", "necessity", "glance", "difficulty", "focus", "consistency"]
    made = [*model.requests["question"], *model.requests["solution"]]
    assert state["calls"] == tuple(request.key for request in made)


def test_every_gate_has_its_own_account(attempt):
    model, state = attempt(knows_where_it_is())
    calls = {entry.step: entry.usage.calls for entry in state["trail"] if entry.usage is not None}
    asked = [request.purpose for request in model.requests["solution"]]
    assert calls == {"question_writer": 1, **{purpose: asked.count(purpose) for purpose in asked}}


def test_a_draft_that_a_probe_rejects_is_revised_by_a_writer_who_is_told_why(attempt, asked_question, data_of):
    other = {**asked_question, "question": "Which of Images 1 and 2 shows a padlock whose shackle is open?"}
    model, state = attempt(guesses_well, [asked_question, other, asked_question])
    assert state["round"] == 2
    assert state["failure"].gate == "blind"
    assert any("answered without images" in problem for problem in data_of(model.requests["question"][1])["problems"])


def test_probes_of_earlier_rounds_are_forgotten_and_their_calls_are_not(attempt):
    model, state = attempt(guesses_well)
    assert [probe.kind for probe in state["probes"]] == ["blind"]
    assert len(state["calls"]) == 3 + len(model.requests["solution"])


def test_a_doubt_of_the_critic_stays_where_the_verifier_has_none(attempt):
    _, state = attempt(knows_where_it_is(only_enlarged=True))
    assert state["failure"] is None
    assert [result.reason for result in state["passed"] if result.gate in ("difficulty", "consistency")] == [
        "right in none of 4 attempts",
        "",
    ]
    assert state["people_first"]
