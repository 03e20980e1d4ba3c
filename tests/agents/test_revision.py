"""The writer is told why its draft failed, in its own terms."""

from mifg_pipeline.agents.revision import problems_for_writer
from mifg_pipeline.config import GateSettings
from mifg_pipeline.gates import evidence, lint
from mifg_pipeline.items import GateResult, Region


def failed(gate, reason, **figures):
    return GateResult(gate=gate, passed=False, reason=reason, figures=figures)


def test_every_problem_of_a_lint_is_told(make_draft):
    result = lint(make_draft(question="Which shows {{ thing }} in Image 9?"), GateSettings())
    assert problems_for_writer(result) == result.figures["problems"]
    assert len(result.figures["problems"]) >= 2


def test_images_and_evidence_are_counted_from_one(make_draft):
    small = Region(image=1, bbox=(0, 0, 5, 40))
    (problem,) = problems_for_writer(evidence(make_draft(evidence=(small,)), GateSettings()))
    assert problem == "evidence: a region is too small (evidence 1, side 5, least 28)"
    (problem,) = problems_for_writer(failed("evidence", "an image of role evidence has no region", images=[0, 2]))
    assert "Image 1, Image 3" in problem


def test_results_of_probes_come_with_advice():
    problems = problems_for_writer(failed("blind", "answerable without images", correct=7, attempts=8))
    assert problems[0] == "blind: answerable without images (correct 7, attempts 8)"
    assert "no image" in problems[1]


def test_problems_of_earlier_drafts_follow_and_none_is_told_twice():
    last = failed("judge", "badly put", problems=["badly put"])
    first, second = failed("lint", "too long"), failed("lint", "empty")
    assert problems_for_writer(last, [first, second, first]) == [
        "badly put",
        "In an earlier version: lint: too long",
        "In an earlier version: lint: empty",
    ]


def test_a_long_problem_is_cut():
    assert len(problems_for_writer(failed("lint", "x" * 10_000))[0]) == 500
