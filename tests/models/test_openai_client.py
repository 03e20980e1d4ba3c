import asyncio
import base64
import gzip
import hashlib
from pathlib import Path

import orjson
import pytest
from aiohttp import web
from chat_calls import KEY, ask, chat_with, question, sent
from chat_server import chat_server, completion, fails, says
from PIL import Image

from mifg_pipeline.errors import MifgError
from mifg_pipeline.models.chat import ImagePart, ReplySchema, RequestRefused, ServerBusy, TextPart
from mifg_pipeline.models.openai_client import MOST_REFUSALS
from mifg_pipeline.models.protocol import OVERSIZED, encode_request


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "image.png"
    Image.effect_noise((40, 30), 50).save(path)
    return ImagePart(hashlib.sha256(path.read_bytes()).hexdigest(), path)


def test_texts_and_images_arrive_in_order(image):
    crop = ImagePart(image.sha256, image.path, crop=(0, 0, 10, 10))
    body, _ = sent(question(TextPart("Image 1:"), image, TextPart("Detail of Image 1:"), crop, TextPart("Which?")))
    parts = body["messages"][1]["content"]
    assert [part["type"] for part in parts] == ["text", "image_url", "text", "image_url", "text"]
    assert [part["text"] for part in parts[::2]] == ["Image 1:", "Detail of Image 1:", "Which?"]
    media_type, _, data = parts[1]["image_url"]["url"].partition(";base64,")
    assert (media_type, base64.b64decode(data)) == ("data:image/png", image.path.read_bytes())


def test_a_message_of_texts_alone_is_a_string():
    body, _ = sent(question(TextPart("Image 1: (not shown)"), TextPart("Which?")))
    assert body["messages"] == [
        {"role": "system", "content": "Look closely."},
        {"role": "user", "content": "Image 1: (not shown)\nWhich?"},
    ]


def test_parameters_schema_and_key_are_sent():
    schema = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    request = question(temperature=0.5, max_tokens=77, sample=3, schema=ReplySchema("solution", schema))
    body, key = sent(request)
    del body["messages"]
    assert body == {
        "model": "seer",
        "temperature": 0.5,
        "max_tokens": 77,
        "seed": 3,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "solution", "schema": schema, "strict": True},
        },
    }
    assert key == f"Bearer {KEY}"


def test_extra_fields_replace_others_and_null_leaves_one_out():
    body = orjson.loads(
        encode_request(question(extra_body={"seed": None, "temperature": 1, "top_k": 5}), {}, "max_tokens")
    )
    assert "seed" not in body
    assert (body["temperature"], body["top_k"]) == (1, 5)


def test_a_reply_comes_with_its_figures():
    request = question()
    reply = ask(says("Image 2"), request)
    assert (reply.text, reply.refusal, reply.finish_reason) == ("Image 2", None, "stop")
    assert (reply.prompt_tokens, reply.completion_tokens, reply.key) == (70, 5, request.key)
    assert reply.seconds > 0
    assert reply.money is None


def test_a_refusal_is_marked():
    reply = ask(says(None, refusal="I cannot help with that."))
    assert (reply.text, reply.refusal) == ("", "I cannot help with that.")


def test_a_reply_in_parts_is_put_together():
    reply = ask(says([{"type": "text", "text": "Image "}, {"type": "text", "text": "2"}]))
    assert reply.text == "Image 2"


@pytest.mark.parametrize(
    ("header", "value", "seconds"),
    [
        ("Retry_After", "7", 7.0),
        ("Retry_After", "0.5", 0.5),
        ("Retry_After_Ms", "250", 0.25),
        ("Retry_After", "Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Retry_After", "soon", None),
        ("Retry_After", "inf", None),
        ("Retry_After", "-3", 0.0),
    ],
)
def test_a_throttled_request_says_how_long_to_wait(header, value, seconds):
    with pytest.raises(ServerBusy) as raised:
        ask(fails(429, {"message": "slow down"}, **{header: value}))
    assert (raised.value.retry_after, raised.value.is_throttling) == (seconds, True)


def test_a_failing_server_is_not_throttling():
    with pytest.raises(ServerBusy) as raised:
        ask(fails(503, {"message": "overloaded"}))
    assert not raised.value.is_throttling


def test_a_text_only_server_given_images_names_the_remedy(image):
    message = "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"
    with pytest.raises(MifgError, match="vision-language model"):
        ask(fails(500, {"code": 500, "message": message, "type": "server_error"}), question(image, TextPart("Which?")))


def test_a_request_beyond_the_context_is_refused_with_the_reason():
    message = "This model's maximum context length is 4096 tokens. However, you requested 5747 tokens."
    with pytest.raises(RequestRefused, match="you requested 5747 tokens"):
        ask(fails(400, {"message": message, "type": "BadRequestError", "code": 400}))


def test_an_image_beyond_the_servers_limit_is_refused(image):
    with pytest.raises(RequestRefused, match="Maximum request body size 1000 exceeded"):
        ask(says(), question(image, TextPart("Which?")), server={"most_bytes": 1000})


def test_a_large_request_that_is_refused_before_it_is_read_is_refused(tmp_path):
    path = tmp_path / "large.jpg"
    Image.effect_noise((1000, 1000), 80).save(path, quality=97)
    large = ImagePart(hashlib.sha256(path.read_bytes()).hexdigest(), path)

    async def run():
        async def refuse(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            while await reader.read(1 << 16):
                pass
            writer.close()

        server = await asyncio.start_server(refuse, "127.0.0.1", 0)
        async with server, chat_with(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1") as chat:
            await chat.complete(question(large))

    with pytest.raises(RequestRefused, match="413"):
        asyncio.run(run())


def test_a_reply_of_ten_megabytes_is_counted_and_not_read():
    reply = ask(lambda _: web.json_response(completion("x" * 10_000_000)))
    assert (reply.text, reply.finish_reason) == ("", OVERSIZED)


def test_a_small_reply_that_unpacks_to_a_large_one_is_not_read_either():
    packed = gzip.compress(orjson.dumps(completion("x" * 10_000_000)))
    reply = ask(lambda _: web.Response(body=packed, headers={"Content-Encoding": "gzip"}))
    assert reply.finish_reason == OVERSIZED


def test_bytes_that_are_not_utf8_are_replaced():
    body = orjson.dumps(completion("cafE")).replace(b"E", b"\xe9")
    assert ask(lambda _: web.Response(body=body)).text == "caf\ufffd"


def test_a_lone_surrogate_is_replaced():
    body = orjson.dumps(completion("cafE")).replace(b"E", b"\\ud83d")
    assert ask(lambda _: web.Response(body=body)).text == "caf?"


@pytest.mark.parametrize("body", ["", "{", "null", "[]", "{}", '{"choices": []}', '{"choices": [{"message": null}]}'])
def test_an_answer_without_a_reply_is_asked_again(body):
    with pytest.raises(ServerBusy):
        ask(lambda _: web.Response(text=body))


def test_an_error_in_the_place_of_a_reply_is_an_error():
    with pytest.raises(ServerBusy, match="429: upstream is busy") as raised:
        ask(lambda _: web.json_response({"error": {"code": 429, "message": "upstream is busy"}}))
    assert raised.value.is_throttling


def test_missing_figures_are_nought():
    answer = {"choices": [{"message": {"content": "B"}}], "usage": None}
    reply = ask(lambda _: web.json_response(answer))
    assert (reply.text, reply.prompt_tokens, reply.finish_reason) == ("B", 0, "unknown")


TOO_MANY = {"message": "too many images"}


async def be_refused(chat, model, times, purpose="test"):
    for _ in range(times):
        with pytest.raises(RequestRefused):
            await chat.complete(question(model=model, purpose=purpose))


def test_a_streak_of_refusals_stops_the_run_with_the_reason():
    async def run():
        async with chat_server(fails(400, TOO_MANY)) as running, chat_with(running.url) as chat:
            await be_refused(chat, "seer", MOST_REFUSALS - 1)
            await chat.complete(question())

    with pytest.raises(MifgError, match="too many images"):
        asyncio.run(run())


def refuse_but_sample_1(body):
    if body["seed"] == 1:
        return web.json_response(completion())
    return web.json_response({"error": TOO_MANY}, status=400)


def test_a_reply_ends_a_streak_of_refusals():
    async def run():
        async with chat_server(refuse_but_sample_1) as running, chat_with(running.url) as chat:
            await be_refused(chat, "seer", MOST_REFUSALS - 1)
            await chat.complete(question(sample=1))
            await be_refused(chat, "seer", MOST_REFUSALS - 1)

    asyncio.run(run())


def test_a_reply_of_one_model_does_not_end_the_streak_of_another():
    async def run():
        async with chat_server(refuse_but_sample_1) as running, chat_with(running.url) as chat:
            await be_refused(chat, "seer", MOST_REFUSALS - 1)
            await chat.complete(question(model="owl", sample=1))
            await chat.complete(question(model="seer"))

    with pytest.raises(MifgError, match="20 requests to seer"):
        asyncio.run(run())


def test_a_reply_for_one_purpose_does_not_end_the_streak_of_another():
    async def run():
        async with chat_server(refuse_but_sample_1) as running, chat_with(running.url) as chat:
            await be_refused(chat, "seer", MOST_REFUSALS - 1, purpose="question_writer")
            await chat.complete(question(purpose="inventory", sample=1))
            await chat.complete(question(purpose="question_writer"))

    with pytest.raises(MifgError, match="20 requests to seer for question_writer"):
        asyncio.run(run())


def test_an_image_that_is_gone_is_named(tmp_path):
    gone = ImagePart("0" * 64, Path(tmp_path / "gone.jpg"))
    with pytest.raises(MifgError, match=r"gone\.jpg"):
        ask(says(), question(gone))
