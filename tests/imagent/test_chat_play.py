"""Episodes with a model behind a chat server, over the protocol itself."""

import asyncio
import base64
import io
import json

import pytest
from aiohttp import web
from chat_calls import chat_with
from chat_server import chat_server, completion, fails
from PIL import Image

from mifg_pipeline.config import EpisodeSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.imagent.chat_play import play_chat
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.imagent.question import Question, QuestionImage

ANSWER = "<think>Red.</think><answer>B</answer>"
REFLECT = '<tool_call>{"name": "visual_reflection", "arguments": {"image": 2}}</tool_call>'
CONFIRM = (
    '<tool_call>{"name": "visual_confirmation", "arguments": {"image": 1, "bbox_2d": [100, 100, 300, 200]}}</tool_call>'
)


def replies(*texts, **usage):
    """A server that says these, one after the other."""
    left = iter(texts)

    def answer(_):
        body = next(left)
        body = completion(body) if isinstance(body, str) else body
        body["usage"].update(usage)
        return web.json_response(body)

    return answer


def play(question, answer, temperature=0.0, sample=0, **settings):
    """The trajectory, and the requests that reached the server."""

    async def run():
        async with chat_server(answer) as server, chat_with(server.url) as chat:
            episode = EpisodeSettings(**settings)
            trajectory = await play_chat(chat, "seer", question, episode, temperature, sample)
            return trajectory, server.requests

    return asyncio.run(run())


def shown(part):
    """The image that reached the server."""
    return Image.open(io.BytesIO(base64.b64decode(part["image_url"]["url"].partition(",")[2])))


def test_an_answer_ends_the_episode(make_question):
    trajectory, (request,) = play(make_question(), replies(ANSWER), temperature=0.5, sample=3)
    assert (trajectory.end, trajectory.answer, trajectory.sample) == (EndReason.ANSWERED, "B", 3)
    assert trajectory.turns[0].text == ANSWER
    assert trajectory.tracks.token_ids == ()
    assert (request["model"], request["temperature"], request["seed"]) == ("seer", 0.5, 3)


def test_the_prompt_holds_instructions_images_and_question_in_order(make_question):
    _, (request,) = play(make_question(), replies(ANSWER))
    system, user = request["messages"]
    assert system["content"].startswith("You answer a question about several images.")
    assert [part["type"] for part in user["content"]] == ["text", "image_url", "text", "image_url", "text"]
    assert [shown(part).size for part in user["content"][1::2]] == [(640, 480), (300, 500)]
    assert "Image 2:" in user["content"][2]["text"]
    assert user["content"][4]["text"].startswith("\nQuestion: Which image shows the kite?")


def test_a_tool_call_is_answered_with_the_part_of_the_image(make_question):
    trajectory, requests = play(make_question(), replies(CONFIRM, ANSWER))
    system, prompt, turn, observation = requests[1]["messages"]
    assert [system, prompt] == requests[0]["messages"]
    assert turn == {"role": "assistant", "content": CONFIRM}
    assert observation["role"] == "user"
    before, image, after = observation["content"]
    assert before["text"] == "<tool_response>\nThe part [100, 100, 300, 200] of Image 1, enlarged:\n"
    assert after["text"] == "\n</tool_response>"
    assert trajectory.turns[0].box == (64, 48, 192, 96)
    view = trajectory.views[trajectory.turns[0].view]
    assert shown(image).size == (view.width, view.height)
    assert view.width * view.height >= EpisodeSettings().crop_min_pixels


def test_a_reflection_sends_the_same_image_again(make_question):
    _, requests = play(make_question(), replies(REFLECT, ANSWER))
    *_, prompt, _, observation = requests[1]["messages"]
    assert observation["content"][1] == prompt["content"][3]


def test_an_invalid_action_is_answered_in_words(make_question):
    trajectory, requests = play(make_question(), replies(ANSWER + ANSWER, ANSWER))
    assert [turn.is_valid for turn in trajectory.turns] == [False, True]
    text = requests[1]["messages"][-1]["content"]
    assert text.startswith("<tool_response>\nError: more than one action")
    assert text.endswith(".\n</tool_response>")


def test_places_are_in_pixels_of_the_image_as_sent_where_the_settings_say_so(make_question):
    settings = {"coordinates": "pixels", "max_pixels": 320 * 240}
    trajectory, (request, _) = play(make_question(), replies(CONFIRM, ANSWER), **settings)
    assert trajectory.turns[0].box == (200, 200, 600, 400)
    assert request["messages"][1]["content"][0]["text"] == "Image 1, 320 pixels wide and 240 pixels high:\n"


def cut_off(text):
    body = completion(text)
    body["choices"][0]["finish_reason"] = "length"
    return body


@pytest.mark.parametrize(
    ("texts", "settings", "end"),
    [
        (["It is B."], {}, EndReason.NO_ANSWER),
        ([REFLECT, REFLECT], {"max_turns": 2}, EndReason.OVER_TURN),
        ([REFLECT, REFLECT], {"max_images": 3}, EndReason.OVER_IMAGES),
        ([cut_off(ANSWER)], {}, EndReason.TURN_TRUNCATED),
        ([REFLECT], {"max_tokens": 75}, EndReason.OVER_LENGTH),
        ([REFLECT, cut_off(ANSWER)], {"max_tokens": 80}, EndReason.OVER_LENGTH),
    ],
)
def test_every_limit_ends_the_episode(make_question, texts, settings, end):
    trajectory, requests = play(make_question(), replies(*texts, prompt_tokens=70, completion_tokens=5), **settings)
    assert (trajectory.end, trajectory.answer) == (end, None)
    assert len(requests) == len(trajectory.turns) == len(texts)


def test_a_turn_gets_what_is_left_of_all_tokens(make_question):
    answer = replies(REFLECT, ANSWER, prompt_tokens=70, completion_tokens=5)
    _, requests = play(make_question(), answer, max_tokens=90, max_turn_tokens=20)
    assert [request["max_tokens"] for request in requests] == [20, 15]


def test_an_image_that_was_not_sent_is_not_among_the_views(make_question):
    answer = replies(REFLECT, prompt_tokens=70, completion_tokens=5)
    trajectory, _ = play(make_question(), answer, max_tokens=75)
    assert len(trajectory.views) == 2
    assert not trajectory.has_looked


def test_a_refusal_is_no_answer_and_is_kept(make_question):
    body = completion(None, refusal="I cannot look at that.")
    trajectory, _ = play(make_question(), replies(body))
    assert trajectory.end is EndReason.NO_ANSWER
    assert trajectory.turns[0].text == "I cannot look at that."


def test_a_request_that_the_server_refuses_ends_the_episode_with_its_reason(make_question):
    reason = {"message": "maximum context length is 10 tokens", "code": "context_length_exceeded"}
    trajectory, _ = play(make_question(), fails(400, reason))
    assert trajectory.end is EndReason.INFRA_ERROR
    assert "maximum context length" in trajectory.failure


def test_a_server_that_cannot_be_used_is_no_end_of_an_episode(make_question):
    with pytest.raises(MifgError, match="THE_KEY"):
        play(make_question(), fails(401, {"message": "wrong key"}))


def test_an_image_that_is_no_file_cannot_be_sent(make_question, tmp_path):
    data = make_question().images[0].read()
    question = Question(key="k", images=(QuestionImage.of_bytes(data),), text="Which?")
    with pytest.raises(ValueError, match="is no file"):
        play(question, replies(ANSWER))


def test_the_trajectory_goes_through_json(make_question):
    trajectory, _ = play(make_question(), replies(CONFIRM, ANSWER))
    assert type(trajectory).model_validate(json.loads(trajectory.model_dump_json())) == trajectory


@pytest.mark.parametrize("max_pixels", [100, 10_000], ids=["redrawn on its way", "sent as it is"])
def test_a_damaged_image_is_named_and_nothing_is_sent(tmp_path, max_pixels):
    path = tmp_path / "cut short.jpg"
    Image.effect_noise((60, 40), 50).convert("RGB").save(path)
    path.write_bytes(path.read_bytes()[:-200])
    question = Question("q", (QuestionImage.of_file(path),), "What is it?")
    with pytest.raises(MifgError, match=r"cut short\.jpg cannot be used as an image"):
        play(question, replies(ANSWER), min_pixels=1, max_pixels=max_pixels)
