import asyncio
import json

import pytest
from aiohttp import web
from chat_server import chat_server, completion, fails

from mifg_pipeline.agents.replies import Solution
from mifg_pipeline.config import ModelSettings, ServerSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.models.chat import ChatReply, ChatRequest, Message, TextPart
from mifg_pipeline.models.openai_client import OpenAIChat
from mifg_pipeline.models.rendering import ImageRenderer
from mifg_pipeline.models.structured import ask, usage_of
from mifg_pipeline.store.usage import Usage

GOOD = '{"thought": "It is there.", "answer": "B"}'
REQUEST = ChatRequest("seer", (Message("user", (TextPart("Which?"),)),), purpose="blind", sample=4, max_tokens=50)


def asked(*answers, structured_output="json_schema"):
    """What came of asking a server that gives these answers, and the requests that it got."""
    rest = iter(answers)

    def answer(_):
        following = next(rest)
        return web.json_response(following) if isinstance(following, dict) else following

    async def run():
        async with chat_server(answer) as server:
            settings = ModelSettings(
                model="seer", structured_output=structured_output, server=ServerSettings(base_url=server.url)
            )
            with ImageRenderer() as renderer:
                async with OpenAIChat(settings.server, renderer, {}) as chat:
                    return await ask(chat, REQUEST, Solution, settings), server.requests

    return asyncio.run(run())


def cut_off(text):
    answer = completion(text)
    answer["choices"][0]["finish_reason"] = "length"
    return answer


def test_a_reply_that_fits_is_the_value():
    result, requests = asked(completion(GOOD))
    assert result.value == Solution(thought="It is there.", answer="B")
    assert result.fault == ""
    assert len(requests) == 1


def test_the_schema_is_sent_to_a_server_that_holds_replies_to_it():
    _, (request,) = asked(completion(GOOD))
    assert request["response_format"]["json_schema"]["name"] == "solution"
    assert request["response_format"]["json_schema"]["schema"]["required"] == ["thought", "answer"]
    assert request["messages"] == [{"role": "user", "content": "Which?"}]


def test_the_schema_stands_in_the_prompt_for_a_server_that_does_not():
    _, (request,) = asked(completion(GOOD), structured_output="prompt")
    assert "response_format" not in request
    question, instruction, schema = request["messages"][-1]["content"].split("\n")
    assert question == "Which?"
    assert '"solution"' in instruction
    assert json.loads(schema)["required"] == ["thought", "answer"]


def test_a_reply_that_does_not_fit_is_asked_for_again_with_the_reason():
    result, (first, second) = asked(completion('{"answer": "B"}'), completion(GOOD))
    assert result.value is not None
    *earlier, shown, reason = second["messages"]
    assert earlier == first["messages"]
    assert shown == {"role": "assistant", "content": '{"answer": "B"}'}
    assert reason["role"] == "user"
    assert "thought: Field required" in reason["content"]
    assert (second["seed"], second["response_format"]) == (first["seed"], first["response_format"])


def test_there_is_one_repair_round():
    result, requests = asked(completion("Image 2"), completion('{"answer": "B"}'))
    assert (result.value, len(requests)) == (None, 2)
    assert result.fault == "it does not fit the schema: thought: Field required"


def test_a_reply_that_was_cut_off_is_named_so():
    result, _ = asked(cut_off('{"thought": "It'), cut_off(""))
    assert result.fault == "it was cut off at 50 tokens"


def test_a_whole_reply_at_the_limit_is_taken():
    assert asked(cut_off(GOOD))[0].value is not None


def test_a_refusal_is_not_repaired():
    result, requests = asked(completion(None, refusal="I cannot\nhelp."))
    assert (result.value, result.fault, len(requests)) == (None, "refused: I cannot help.", 1)


def test_a_filtered_reply_is_a_refusal():
    answer = completion("")
    answer["choices"][0]["finish_reason"] = "content_filter"
    assert asked(answer)[0].fault == "refused: content filter"


def test_a_request_that_the_server_refuses_has_no_value():
    result, _ = asked(web.json_response({"error": {"message": "prompt is too long"}}, status=400))
    assert (result.value, result.fault) == (None, "the server refused the request: prompt is too long")
    assert result.usage == Usage()


def test_a_repair_that_the_server_refuses_keeps_the_first_reply_in_the_accounts():
    result, _ = asked(completion("no"), web.json_response({"error": {"message": "prompt is too long"}}, status=400))
    assert (result.value, len(result.replies), result.usage.calls) == (None, 1, 1)


def test_a_reply_of_ten_megabytes_is_named_so_and_not_sent_back():
    result, requests = asked(completion("x" * 10_000_000), completion("x" * 10_000_000))
    assert result.fault == "it is far too long"
    assert len(json.dumps(requests[1])) < 2_000


def test_only_the_start_of_a_long_reply_is_sent_back():
    _, (_, second) = asked(completion("x" * 100_000), completion(GOOD))
    assert len(json.dumps(second)) < 5_000


def test_what_stops_the_run_is_raised():
    async def run():
        async with chat_server(fails(401, {"message": "no"})) as server:
            settings = ModelSettings(model="seer", server=ServerSettings(base_url=server.url))
            with ImageRenderer() as renderer:
                async with OpenAIChat(settings.server, renderer, {}) as chat:
                    await ask(chat, REQUEST, Solution, settings)

    with pytest.raises(MifgError):
        asyncio.run(run())


def test_calls_add_up():
    result, _ = asked(completion("no"), completion(GOOD))
    usage = result.usage
    assert (usage.calls, usage.unpriced, usage.prompt_tokens, usage.completion_tokens) == (2, 2, 140, 10)
    assert usage.seconds == pytest.approx(sum(reply.seconds for reply in result.replies))
    assert result.keys == tuple(reply.key for reply in result.replies)
    assert len(set(result.keys)) == 2


def test_a_priced_call_costs_its_price():
    reply = ChatReply("k", "B", None, "stop", prompt_tokens=3, completion_tokens=2, seconds=0.5, money=0.25)
    assert usage_of(reply) == Usage(calls=1, prompt_tokens=3, completion_tokens=2, money=0.25, seconds=0.5)


def test_a_replayed_call_costs_nothing():
    reply = ChatReply("k", "B", None, "stop", prompt_tokens=3, completion_tokens=2, seconds=0.5, replayed=True)
    assert usage_of(reply) == Usage(replayed=1)
