"""What a trajectory earns: accuracy, and the gain of a tool call that showed something."""

import pytest

from mifg_pipeline.config.train import RewardSettings
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.imagent.question import Question
from mifg_pipeline.imagent.trajectory import Trajectory, TurnRecord
from mifg_pipeline.items import Answer, Region
from mifg_pipeline.train.reward import reward

ANSWER = TurnRecord(text="<answer>B</answer>", action="answer")
REFLECTION = TurnRecord(text="…", action="call", tool="visual_reflection", image=1, view=2)
INVALID = TurnRecord(text="…", action="invalid", reason="unknown_tool")


def crop(image, box):
    return TurnRecord(text="…", action="call", tool="visual_confirmation", image=image, box=box, view=2)


def question(**fields):
    described = {"key": "q", "images": (), "text": "Which?", "options": ("red", "blue")}
    return Question(**described | {"answer": Answer(kind="choice", value="B")} | fields)


def trajectory(*turns, answer="B", end=EndReason.ANSWERED):
    return Trajectory(question="q", sample=0, turns=turns, end=end, answer=answer, views=())


def earned(made, asked=None, **settings):
    result = reward(made, asked or question(), RewardSettings(**settings))
    return result.accuracy, result.reward


@pytest.mark.parametrize(("answer", "accuracy"), [("B", 1.0), ("blue", 1.0), ("A", 0.0), ("", 0.0)])
def test_the_answer_is_scored_as_everywhere(answer, accuracy):
    assert earned(trajectory(ANSWER, answer=answer)) == (accuracy, accuracy)


@pytest.mark.parametrize("end", [end for end in EndReason if end is not EndReason.ANSWERED])
def test_without_an_answer_nothing_is_earned_however_it_ended(end):
    assert earned(trajectory(REFLECTION, answer=None, end=end)) == (0.0, 0.0)


def test_a_call_that_showed_an_image_earns_the_gain():
    assert earned(trajectory(REFLECTION, ANSWER)) == (1.0, 1.2)


def test_many_calls_earn_the_gain_once():
    assert earned(trajectory(REFLECTION, REFLECTION, ANSWER), tool_gain=0.5) == (1.0, 1.5)


def test_a_wrong_answer_earns_no_gain():
    assert earned(trajectory(REFLECTION, ANSWER, answer="A")) == (0.0, 0.0)


def test_an_invalid_call_neither_earns_nor_costs():
    assert earned(trajectory(INVALID, ANSWER)) == earned(trajectory(ANSWER))
    assert earned(trajectory(INVALID, REFLECTION, ANSWER)) == earned(trajectory(REFLECTION, ANSWER))


EVIDENCE = (Region(image=1, bbox=(10, 10, 20, 20)),)


@pytest.mark.parametrize(
    ("call", "is_earned"),
    [
        (crop(1, (0, 0, 11, 11)), True),
        (crop(1, (12, 12, 14, 14)), True),
        *((crop(1, beside), False) for beside in [(0, 0, 10, 30), (20, 0, 30, 30), (0, 0, 30, 10), (0, 20, 30, 30)]),
        (crop(0, (0, 0, 30, 30)), False),
        (REFLECTION, False),
    ],
)
def test_the_gain_may_need_a_crop_that_meets_the_evidence(call, is_earned):
    made = trajectory(call, ANSWER)
    assert earned(made, question(evidence=EVIDENCE), gain_needs_evidence=True) == (1.0, 1.2 if is_earned else 1.0)


def test_without_known_evidence_no_crop_meets_it():
    assert earned(trajectory(crop(1, (0, 0, 30, 30)), ANSWER), gain_needs_evidence=True) == (1.0, 1.0)


@pytest.mark.parametrize(("answer", "is_right"), [("B", True), ("A", False), (None, False)])
def test_right_is_an_accuracy_of_one(answer, is_right):
    assert reward(trajectory(ANSWER, answer=answer), question(), RewardSettings()).is_right == is_right


def test_a_question_without_a_key_cannot_be_rewarded():
    with pytest.raises(ValueError, match="question q has no key"):
        earned(trajectory(ANSWER), question(answer=None, options=None))
