"""A judge's verdict is a gate, with reasons for the writer."""

import asyncio

import pytest

from mifg_pipeline.agents.judge import judge

FINE = {"fine_grained": True, "needs_all_images": True, "unambiguous": True, "well_put": True, "problems": []}


@pytest.fixture
def judged(scripted, settings, make_draft, two_paths):
    def run(reply, **fields):
        model = scripted(judgement=[reply])
        return asyncio.run(judge(make_draft(**fields), two_paths, model, settings)), model.requests["judgement"][0]

    return run


def test_a_draft_without_fault_passes(judged):
    verdict, _ = judged(FINE)
    assert verdict.result.passed
    assert not verdict.people_first
    assert verdict.usage.calls == len(verdict.calls) == 1


@pytest.mark.parametrize("virtue", ["fine_grained", "needs_all_images", "unambiguous", "well_put"])
def test_a_draft_that_lacks_a_virtue_fails_with_what_the_judge_says(judged, virtue):
    verdict, _ = judged({**FINE, virtue: False, "problems": ["Ask about\nthe sign."]})
    assert not verdict.result.passed
    assert verdict.result.gate == "judge"
    assert verdict.result.figures["problems"] == [verdict.result.reason, "Ask about the sign."]


def test_a_draft_whose_judgement_cannot_be_read_goes_on_to_people_first(judged):
    verdict, _ = judged("Looks fine to me.")
    assert verdict.result.passed
    assert verdict.people_first
    assert "no judgement: it holds no JSON object" in verdict.result.reason


def test_the_judge_sees_the_images_the_question_its_options_and_the_proposed_answer(judged, make_draft, shown):
    _, request = judged(FINE, question="Which of Images 1 and 2\n\nshows the red kite?")
    first, second = make_draft().images
    *images, task = shown(request)
    assert images == ["Image 1:", first.sha256, "Image 2:", second.sha256]
    assert task.startswith(
        "Question: Which of Images 1 and 2\nshows the red kite?\nA. Image 1\nB. Image 2\n\nProposed answer: Image 2\n"
    )
    assert (request.temperature, request.sample, request.purpose) == (0.0, 0, "judge")
