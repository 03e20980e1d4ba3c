"""What a turn leads to, and when an episode is over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.config import EpisodeSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.imagent.episode import Episode, Look, TurnBudget
from mifg_pipeline.imagent.question import Question, QuestionImage
from mifg_pipeline.images.frame import Frame

FRAMES = (Frame(1000, 800, 500, 400), Frame(600, 600, 600, 600))
ANSWER = "<answer>B</answer>"


def confirm(image=1, place="[10, 20, 110, 120]"):
    arguments = f'{{"image": {image}, "bbox_2d": {place}}}'
    return f'<tool_call>{{"name": "visual_confirmation", "arguments": {arguments}}}</tool_call>'


def reflect(image=1):
    return f'<tool_call>{{"name": "visual_reflection", "arguments": {{"image": {image}}}}}</tool_call>'


def start(coordinates="pixels", **settings):
    images = tuple(QuestionImage.of_bytes(bytes([number])) for number in range(2))
    question = Question(key="k", images=images, text="Which?")
    return Episode(question, FRAMES, EpisodeSettings(**settings), coordinates)


def test_the_prompt_shows_every_image_under_its_name_and_then_asks():
    system, parts = start().prompt()
    assert system.startswith("You answer")
    assert [part for part in parts if isinstance(part, Look)] == [Look(0), Look(1)]
    assert parts[0] == "Image 1, 500 pixels wide and 400 pixels high:\n"
    assert parts[3].startswith("Image 2,")
    assert parts[-1].startswith("Question: Which?")


@pytest.mark.parametrize("settings", [{"tools": False}, {"coordinates": "thousandths"}])
def test_sizes_are_named_only_to_who_speaks_of_pixels(settings):
    _, parts = start(**settings).prompt()
    assert parts[0] == "Image 1:\n"


def test_an_answer_ends_the_episode():
    episode = start()
    assert episode.take(ANSWER) is EndReason.ANSWERED
    trajectory = episode.trajectory(3, EndReason.ANSWERED, [])
    assert (trajectory.question, trajectory.sample, trajectory.answer) == ("k", 3, "B")
    assert trajectory.turns[0].action == "answer"


def test_no_action_ends_the_episode():
    episode = start()
    assert episode.take("It is B.") is EndReason.NO_ANSWER
    assert episode.turns[0].action == "none"
    assert episode.turns[0].is_valid


def test_a_confirmation_shows_the_pixels_of_the_original_that_the_place_touches():
    episode = start()
    text, look = episode.take(confirm())
    assert look == Look(0, (20, 40, 220, 240))
    assert text == "The part [10, 20, 110, 120] of Image 1, enlarged:\n"
    (turn,) = episode.turns
    assert (turn.action, turn.tool, turn.image, turn.box) == ("call", "visual_confirmation", 0, look.box)


def test_a_place_that_overshoots_by_one_unit_is_clipped():
    assert start().take(confirm(1, "[-1, 0, 501, 401]"))[1] == Look(0, (0, 0, 1000, 800))


def test_a_reflection_shows_the_whole_image_again():
    assert start().take(reflect(2)) == ("Image 2 again:\n", Look(1))


@pytest.mark.parametrize(
    "place",
    [
        "[10, 20, 10, 120]",
        "[110, 20, 10, 120]",
        "[10, 20, 510, 120]",
        "[-5, 0, 9, 9]",
        "[NaN, 0, 9, 9]",
        "[0, 0, 1e999, 9]",
    ],
)
def test_a_place_outside_or_without_area_is_invalid_and_the_range_is_named(place):
    episode = start()
    (message,) = episode.take(confirm(1, place))
    assert "In Image 1, x goes from 0 to 500 and y from 0 to 400." in message
    (turn,) = episode.turns
    assert (turn.action, turn.reason, turn.is_valid) == ("invalid", "unusable_place", False)


def test_an_episode_goes_on_after_an_invalid_action():
    episode = start()
    assert episode.take(ANSWER + ANSWER)[0].startswith("Error: more than one action")
    assert episode.take(ANSWER) is EndReason.ANSWERED


@pytest.mark.parametrize("text", [reflect(), ANSWER + ANSWER])
def test_the_last_turn_has_to_answer(text):
    episode = start(max_turns=2)
    episode.take(reflect())
    assert episode.take(text) is EndReason.OVER_TURN
    assert len(episode.turns) == 2


def test_images_of_the_question_count_among_those_that_may_be_shown():
    episode = start(max_images=3)
    assert isinstance(episode.take(reflect()), tuple)
    assert episode.take(reflect()) is EndReason.OVER_IMAGES


def test_an_invalid_call_shows_no_image_and_counts_for_none():
    episode = start(max_images=3)
    episode.take(reflect(9))
    assert isinstance(episode.take(reflect()), tuple)


def test_a_question_with_more_images_than_an_episode_may_show_is_refused():
    with pytest.raises(MifgError, match=r"2 images, and an episode may have 1.*Raise max_images"):
        start(max_images=1)


def test_a_turn_that_was_cut_short_does_nothing():
    episode = start()
    episode.cut(ANSWER)
    trajectory = episode.trajectory(0, EndReason.TURN_TRUNCATED, [])
    assert trajectory.answer is None
    assert trajectory.turns[0].action == "none"


def test_a_call_without_tools_is_invalid():
    episode = start(tools=False)
    assert episode.take(reflect()) == ("Error: there are no tools. Write <answer>…</answer>.",)


@given(
    st.lists(st.sampled_from([reflect(), confirm(2), reflect(7), "<answer>", "", ANSWER, confirm(1, "[]")]), max_size=9)
)
def test_every_episode_ends_within_its_limits(turns):
    episode = start(max_turns=4, max_images=4)
    outcome = None
    looks = 0
    for text in [*turns, *["<answer>"] * 4]:
        outcome = episode.take(text)
        if isinstance(outcome, EndReason):
            break
        looks += sum(isinstance(part, Look) for part in outcome)
    assert isinstance(outcome, EndReason)
    assert len(episode.turns) <= 4
    assert 2 + looks <= 4


@pytest.mark.parametrize(
    ("length", "budget"),
    [
        (0, (10, EndReason.TURN_TRUNCATED)),
        (90, (10, EndReason.TURN_TRUNCATED)),
        (91, (9, EndReason.OVER_LENGTH)),
        (100, (0, EndReason.OVER_LENGTH)),
        (150, (-50, EndReason.OVER_LENGTH)),
    ],
)
def test_a_turn_gets_what_is_left(length, budget):
    assert TurnBudget.of(EpisodeSettings(max_turn_tokens=10, max_tokens=100), length) == budget
