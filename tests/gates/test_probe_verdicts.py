"""What the gates make of probes."""

import pytest

from mifg_pipeline.config import SequentialTest
from mifg_pipeline.gates import probe_verdicts
from mifg_pipeline.gates.sequential_test import WaldTest
from mifg_pipeline.items import Answer, Probe

UPWARD = WaldTest(p0=0.5, p1=0.8, alpha=0.01, beta=0.01, most=100)
DOWNWARD = WaldTest(p0=0.75, p1=0.45, alpha=0.01, beta=0.01, most=100)


def probe(kind, correct, attempts, answers=(), image=None):
    return Probe(kind=kind, solver=("m",), image=image, pixels=900, attempts=attempts, correct=correct, answers=answers)


@pytest.mark.parametrize(("correct", "attempts", "passed"), [(10, 10, False), (0, 6, True), (50, 100, True)])
def test_what_is_answered_blind_is_rejected(correct, attempts, passed):
    result = probe_verdicts.blind(probe("blind", correct, attempts), UPWARD).result
    assert (result.gate, result.passed) == ("blind", passed)
    assert (result.figures["right"], result.figures["attempts"]) == (correct, attempts)
    assert bool(result.reason) is not passed


def test_what_is_answered_without_an_image_is_rejected_with_its_name():
    probes = [probe("necessity", 0, 6, image=0), probe("necessity", 10, 10, image=2)]
    result = probe_verdicts.necessity(probes, UPWARD).result
    assert not result.passed
    assert result.reason == "answered without Image 3: right in 10 of 10 attempts"
    assert result.figures["images"] == [0, 2]


def test_what_needs_every_image_passes():
    probes = [probe("necessity", 0, 6, image=image) for image in (0, 1)]
    assert probe_verdicts.necessity(probes, UPWARD).result.passed


@pytest.mark.parametrize(
    ("legible", "correct", "attempts", "difficulty"),
    [("zoom", 10, 10, "glance"), ("zoom", 0, 6, "zoom"), ("glance", 0, 6, "glance"), ("glance", 10, 10, "glance")],
)
def test_only_what_is_neither_legible_nor_answered_at_a_glance_takes_zooming(legible, correct, attempts, difficulty):
    verdict = probe_verdicts.glance(probe("glance", correct, attempts), UPWARD)
    assert verdict.result.passed
    assert not verdict.people_first
    assert probe_verdicts.difficulty_by(legible, verdict.result) == difficulty


def test_without_a_glance_probe_legibility_decides():
    assert probe_verdicts.difficulty_by("zoom", None) == "zoom"


@pytest.mark.parametrize(("correct", "attempts", "passed"), [(0, 8, False), (14, 14, True)])
def test_what_is_not_answered_with_the_evidence_enlarged_is_rejected(correct, attempts, passed):
    result = probe_verdicts.focus(probe("focus", correct, attempts), DOWNWARD).result
    assert (result.gate, result.passed) == ("focus", passed)


def doubtful(answers):
    return probe("consistency", answers.count("B"), len(answers), tuple(answers))


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ("AAAAAAAA", "most say 'A'"),
        ("AAACCCCD", "no answer has a majority"),
        (["A", "A", "A", "A", "", "", "", ""], "no answer has a majority"),
    ],
)
def test_solvers_that_do_not_agree_with_the_key_send_it_to_people(answers, said, make_draft):
    draft = make_draft(options=("w", "x", "y", "z"))
    verdict = probe_verdicts.consistency(draft, doubtful(list(answers)), DOWNWARD, None, rejects=False)
    assert verdict.people_first
    assert verdict.result.passed
    assert verdict.result.reason == f"the key was given in 0 of 8 solves; {said}"


def test_solvers_that_do_not_agree_with_the_key_reject_it_where_the_settings_say_so(make_draft):
    draft = make_draft(options=("w", "x", "y", "z"))
    verdict = probe_verdicts.consistency(draft, doubtful(["A"] * 8), DOWNWARD, None, rejects=True)
    assert not verdict.result.passed
    assert not verdict.people_first


def test_open_answers_that_differ_in_form_alone_make_a_majority(make_draft):
    draft = make_draft(options=None, answer=Answer(kind="text", value="kite"))
    answers = ("The balloon.", "balloon", "a Balloon", "balloon", "plane", "kite", "balloon", "balloon")
    given = probe("consistency", 1, 8, answers)
    reason = probe_verdicts.consistency(draft, given, DOWNWARD, None, rejects=False).result.reason
    assert reason.endswith("most say 'The balloon.'")


def test_solvers_that_agree_with_the_key_leave_no_doubt(make_draft):
    given = probe("consistency", 20, 20, ("B",) * 20)
    verdict = probe_verdicts.consistency(make_draft(), given, DOWNWARD, None, rejects=True)
    assert verdict == (verdict.result, False)
    assert verdict.result.passed
    assert verdict.result.reason == ""


def test_solves_in_the_given_order_stand_beside_those_in_random_orders(make_draft):
    in_order = probe("focus", 6, 7)
    given = probe("consistency", 12, 20, ("B",) * 20)
    figures = probe_verdicts.consistency(make_draft(), given, DOWNWARD, in_order, rejects=False).result.figures
    assert (figures["right"], figures["attempts"]) == (12, 20)
    assert (figures["right_in_given_order"], figures["attempts_in_given_order"]) == (6, 7)


@pytest.mark.parametrize(("correct", "people_first", "rate"), [(0, True, 0.0), (1, False, 0.25), (4, False, 1.0)])
def test_the_pass_rate_is_kept_and_none_right_goes_to_people(correct, people_first, rate):
    verdict = probe_verdicts.difficulty(probe("difficulty", correct, 4))
    assert verdict.result.passed
    assert verdict.people_first is people_first
    assert (verdict.result.figures["pass_rate"], verdict.result.figures["pixels"]) == (rate, 900)


@pytest.mark.parametrize(
    ("fields", "chance"),
    [
        ({"options": ("a", "b", "c", "d")}, 0.25),
        ({}, 0.5),
        ({"options": None, "answer": Answer(kind="boolean", value=True)}, 0.5),
        ({"options": None, "answer": Answer(kind="integer", value=3)}, 0.1),
    ],
)
def test_a_guess_is_right_as_often_as_the_kind_of_answer_has_it(fields, chance, make_draft):
    assert probe_verdicts.chance_of_guess(make_draft(**fields)) == chance


def test_a_test_takes_the_chance_of_a_guess_and_its_part_of_alpha(make_draft):
    settings = SequentialTest(p1=0.8, alpha=0.003, beta=0.005, most=32)
    assert probe_verdicts.wald_test(settings, make_draft(), sharing=3) == WaldTest(0.5, 0.8, 0.001, 0.005, 32)
    given = settings.model_copy(update={"p0": 0.3})
    assert probe_verdicts.wald_test(given, make_draft()).p0 == 0.3


def test_distractors_do_not_count(make_draft, make_image_ref):
    draft = make_draft(images=tuple(map(make_image_ref, "abc")), roles=("query", "distractor", "evidence"))
    assert probe_verdicts.images_that_count(draft) == (0, 2)
