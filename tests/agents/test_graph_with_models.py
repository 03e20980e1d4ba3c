"""An attempt whose agents are models: from candidates to a draft that went through all gates."""

from pathlib import Path

import pytest

from mifg_pipeline.corpus.pixels import ImageError

SEEN = {"objects": [{"label": "padlock", "bbox": [100, 100, 140, 140]}], "texts": [], "details": []}
PICKED = {"images": [3, 1], "idea": "Compare the padlocks."}
FINE = {"fine_grained": True, "needs_all_images": True, "unambiguous": True, "well_put": True, "problems": []}
VAGUE = {**FINE, "unambiguous": False, "problems": ["There are two padlocks in Image 1."]}


@pytest.fixture
def attempt(last_state):
    """Runs one attempt in which a model picks the images and writes, and returns its last state."""

    def run(model, number=0, **roles):
        return last_state(model, number, **{"image_curator": "big", **roles})

    return run


@pytest.fixture
def script(scripted, asked_question):
    """A model that plays its roles well, with the given exceptions."""

    def write(**replies):
        good = {"inventory": [SEEN], "selection": [PICKED], "question": [asked_question], "judgement": [FINE]}
        return scripted(**{**good, **replies})

    return write


def steps(state):
    return [(entry.step, entry.round, entry.passed) for entry in state["trail"]]


def test_models_see_pick_and_write(attempt, script):
    model = script()
    state = attempt(model)
    assert state["failure"] is None
    assert len(model.requests["inventory"]) == 6
    assert len(state["plan"].images) == len(state["draft"].images) == 2
    assert state["draft"].writer.startswith("model/big@")
    assert steps(state)[:3] == [("inventory", 0, True), ("image_curator", 0, True), ("question_writer", 0, True)]


def test_calls_are_named_in_their_order_and_accounted_for_by_step(attempt, script):
    model = script()
    state = attempt(model, judge="big")
    made = [request for kind in ("inventory", "selection", "question", "judgement") for request in model.requests[kind]]
    assert state["calls"] == tuple(request.key for request in made)
    calls = {entry.step: entry.usage.calls for entry in state["trail"] if entry.usage is not None}
    assert calls == {"inventory": 6, "image_curator": 1, "question_writer": 1, "judge": 1}


def test_without_a_model_that_picks_images_nothing_is_looked_at(attempt, script, data_of):
    model = script()
    state = attempt(model, image_curator="program")
    assert set(model.requests) == {"question"}
    assert 2 <= len(state["plan"].images) <= 4
    assert set(data_of(model.requests["question"][0])["inventories"]) == {None}


@pytest.mark.parametrize(
    ("flaw", "told"),
    [
        ({"question": "In which of Images 1, 2 and 9 is the padlock open?"}, "Image 9 named"),
        ({"evidence": [{"image": 1, "bbox": [100, 100, 104, 140], "label": ""}]}, "a region is too small"),
        ({"evidence": []}, "0 pieces of evidence"),
        ({"distractors": ["image 2"]}, "are the same to the scorer"),
    ],
)
def test_the_writer_is_told_why_its_draft_failed_and_writes_another(
    attempt, script, asked_question, data_of, flaw, told
):
    flawed = {**asked_question, **flaw}
    model = script(question=[flawed, asked_question])
    state = attempt(model)
    assert state["failure"] is None
    assert state["round"] == 1
    first, second = model.requests["question"]
    assert "previous" not in data_of(first)
    assert data_of(second)["previous"] == flawed
    assert any(told in problem for problem in data_of(second)["problems"])
    assert first.sample != second.sample


def test_what_a_judge_says_reaches_the_writer_with_all_that_failed_before(attempt, script, asked_question, data_of):
    flawed = {**asked_question, "question": "Which of Images 1 and 2 and Image 9?"}
    model = script(question=[flawed, asked_question], judgement=[VAGUE, FINE])
    state = attempt(model, judge="big")
    assert state["failure"] is None
    problems = data_of(model.requests["question"][2])["problems"]
    assert "There are two padlocks in Image 1." in problems
    assert any(problem.startswith("In an earlier version: Image 9 named") for problem in problems)


def test_a_writer_that_says_nothing_of_use_is_asked_again_and_then_given_up(attempt, script):
    model = script(question=["I would rather not."])
    state = attempt(model)
    assert (state["failure"].gate, state["round"]) == ("question_writer", 2)
    assert "draft" not in state
    assert len(model.requests["question"]) == 6  # three rounds, each with one repair
    assert len({request.key for request in model.requests["question"]}) == 6


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ({"selection": [{"images": [], "idea": "They have nothing in common."}]}, "nothing in common"),
        ({"selection": ["The first two."]}, "no JSON object"),
        ({"inventory": ["A gate."]}, "no inventory could be read"),
    ],
)
def test_images_that_afford_nothing_end_the_attempt_before_anything_is_written(attempt, script, replies, reason):
    model = script(**replies)
    state = attempt(model)
    assert state["failure"].gate == "image_curator"
    assert reason in state["failure"].reason
    assert not model.requests["question"]
    assert state["calls"]


def test_an_image_without_inventory_can_still_be_picked(attempt, script, data_of):
    def reply(request):
        return "A gate." if request.messages[1].parts[1].sha256 == hidden else SEEN

    first = script()
    hidden = attempt(first)["plan"].images[0]
    model = script(inventory=[reply])
    state = attempt(model)
    assert state["failure"] is None
    assert steps(state)[0] == ("inventory", 0, False)
    assert data_of(model.requests["question"][0])["inventories"][0] is None


def test_an_image_that_cannot_be_read_ends_the_attempt(attempt, script):
    def unreadable(request):
        raise ImageError(Path("gate.jpg"), "has changed", "Index the corpus again.")

    for kind in ("inventory", "question", "judgement"):
        state = attempt(script(**{kind: [unreadable]}), judge="big")
        assert (state["failure"].gate, state["failure"].reason) == ("unreadable_image", "gate.jpg has changed")


def test_equal_attempts_are_equal_and_others_are_not(attempt, script):
    one, same, other = script(), script(), script()
    states = [attempt(one, 4), attempt(same, 4), attempt(other, 5)]
    for name in ("plan", "draft", "calls"):
        assert states[0][name] == states[1][name]
    assert states[0]["calls"] != states[2]["calls"]
