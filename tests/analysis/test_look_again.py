"""Looking again: an answer owes to the tool's image what it loses with another one in its place."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.analysis.look_again import (
    LookAgain,
    answer_logprob,
    answer_places,
    blank_view,
    effects,
    has_looked_and_answered,
    look_again,
    mean_colour,
    other_view,
    tool_views,
    with_tool_views,
)
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.view import View
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.imagent.question import Question
from mifg_pipeline.train.replay import load_scorer


class Picture:
    """A question image whose pixels are at hand."""

    def __init__(self, name, pixels):
        self.sha256 = name * 64
        self._pixels = pixels

    def pixels(self):
        return self._pixels


@pytest.fixture(name="policy")
def _policy(source):
    return load_scorer(source.weights.path, torch.device("cpu"), "auto")


@pytest.fixture(name="looked")
def _looked(source):
    return source.chosen(has_looked_and_answered, None)


def test_only_answers_after_a_look_are_compared(looked):
    # Of each question's plays: a part and an answer, twice; the whole, a part and an answer.
    assert [line.trajectory.sample for line in looked.lines] == [2, 3, 4] * 2


def test_replacing_an_image_by_itself_changes_nothing(looked, policy):
    chat_format = ChatFormat.load(policy.chat_folder)
    vision_inputs = VisionInputs(chat_format.image_processor)
    for line in looked.lines[:3]:
        tracks = looked.tracks(line, chat_format)
        same = with_tool_views(tracks, line.trajectory, tool_views(tracks, line.trajectory))
        assert same == tracks
        assert answer_logprob(policy, same, vision_inputs, 1.0) == answer_logprob(policy, tracks, vision_inputs, 1.0)


def test_the_log_probability_is_the_recorded_one(looked, policy):
    for line, found in zip(looked.lines, look_again(looked, policy, lambda: None), strict=True):
        tracks = looked.tracks(line, ChatFormat.load(policy.chat_folder))
        places = answer_places(tracks)
        assert found.tokens == len(places)
        assert found.logprob == pytest.approx(sum(tracks.logprobs[place] for place in places), abs=1e-4)


def test_another_image_makes_a_difference_to_a_model_that_sees(looked, policy):
    found = list(look_again(looked, policy, lambda: None))
    assert all(one.blank != 0 for one in found)
    # Parts of two images may look the same: white.
    assert any(one.other != 0 for one in found)


def test_no_image_makes_a_difference_to_a_model_that_is_blind(looked, policy):
    for name, parameter in policy.model.named_parameters():
        if "visual" in name and "merger" in name:
            torch.nn.init.zeros_(parameter)
    for found in look_again(looked, policy, lambda: None):
        assert (found.blank, found.other) == (0, 0)


def test_only_what_tools_brought_is_replaced(looked, policy):
    chat_format = ChatFormat.load(policy.chat_folder)
    line = looked.lines[0]
    tracks = looked.tracks(line, chat_format)
    (view,) = tool_views(tracks, line.trajectory)
    changed = with_tool_views(tracks, line.trajectory, [blank_view(view, mean_colour(chat_format))])
    assert changed.views[:2] == tracks.views[:2]
    assert changed.views[2] != tracks.views[2]
    assert changed.token_ids == tracks.token_ids


def test_a_blank_is_next_to_nothing_for_the_vision_tower(policy):
    chat_format = ChatFormat.load(policy.chat_folder)
    side = chat_format.token_side
    noise = np.random.default_rng(0).integers(0, 256, (side, 2 * side, 3), dtype=np.uint8)
    view = blank_view(View("a" * 64, (1, 2, 3, 4), side, 2 * side, noise), mean_colour(chat_format))
    assert (view.height, view.width) == (side, 2 * side)
    assert VisionInputs(chat_format.image_processor).of([view]).pixel_values.abs().max() < 0.02


def pictures(*sizes):
    return tuple(Picture("abcd"[index], np.full((*size, 3), 40 * index, np.uint8)) for index, size in enumerate(sizes))


def view_of(picture, box):
    return View(picture.sha256, box, 28, 28, np.zeros((28, 28, 3), np.uint8))


def test_the_other_view_is_of_the_next_image():
    images = pictures((100, 100), (100, 100), (100, 100))
    question = Question("q", images, "?")
    found = other_view(view_of(images[1], (10, 20, 30, 40)), question)
    assert (found.sha256, found.box, found.height, found.width) == (images[2].sha256, (10, 20, 30, 40), 28, 28)
    assert (found.pixels == 80).all()
    assert other_view(view_of(images[2], None), question).sha256 == images[0].sha256


def test_the_same_part_of_an_image_of_another_size():
    images = pictures((100, 200), (50, 400))
    found = other_view(view_of(images[0], (20, 10, 100, 50)), Question("q", images, "?"))
    assert found.box == (40, 5, 200, 25)


def test_a_question_of_one_image_has_no_other():
    (image,) = pictures((100, 100))
    assert other_view(view_of(image, None), Question("q", (image, image), "?")) is None


boxes = st.tuples(st.integers(0, 98), st.integers(0, 58), st.integers(1, 50), st.integers(1, 50))


@given(boxes, st.integers(1, 300), st.integers(1, 300))
def test_the_part_lies_within_the_other_image(corner, height, width):
    x, y, across, down = corner
    images = pictures((60, 100), (height, width))
    box = (x, y, min(100, x + across), min(60, y + down))
    x0, y0, x1, y1 = other_view(view_of(images[0], box), Question("q", images, "?")).box
    assert 0 <= x0 < x1 <= width
    assert 0 <= y0 < y1 <= height


def answer(question, blank, *, other=None, is_right=True):
    return LookAgain(question, 0, is_right, 5, 1, -1.0, blank, other)


def test_effects_are_told_for_right_and_wrong_answers_apart():
    found = {
        (one.answers, one.against): one for one in effects([answer("q", 1.0), answer("r", -0.5, is_right=False)], 0)
    }
    assert found.keys() == {("all", "blank"), ("right", "blank"), ("wrong", "blank")}
    assert found["all", "blank"].difference.mean == pytest.approx(0.25)
    assert found["all", "blank"].positive == 0.5
    assert found["right", "blank"].positive == 1.0


def test_an_answer_without_another_image_does_not_count_there():
    (_, other, *_) = effects([answer("q", 1.0, other=2.0), answer("r", 1.0)], 0)
    assert (other.against, other.count, other.difference.mean) == ("other", 1, 2.0)
