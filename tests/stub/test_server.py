"""The stub server over HTTP, by the OpenAI SDK: what it replies, and what it refuses."""

import asyncio
import base64
import io
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiohttp
import openai
import pytest
from PIL import Image
from pydantic import JsonValue

from mifg_pipeline.agents.replies import Solution, WrittenQuestion
from mifg_pipeline.errors import MifgError
from mifg_pipeline.stub.chat import BadRequest, ParsedChat
from mifg_pipeline.stub.server import Replier
from mifg_pipeline.stub.serving import serving
from mifg_pipeline.stub.settings import StubSettings

R = TypeVar("R")

QUESTION = {"role": "user", "content": "How many kites are there?"}


def with_client(
    use: Callable[[openai.AsyncOpenAI], Awaitable[R]], replier: Replier | None = None, **settings: Any
) -> R:
    """What comes of using a server with these settings by the SDK."""

    async def run() -> R:
        async with (
            serving(StubSettings(**settings), replier) as url,
            openai.AsyncOpenAI(
                base_url=url, api_key="key", max_retries=0, http_client=openai.DefaultAioHttpClient()
            ) as client,
        ):
            return await use(client)

    return asyncio.run(run())


def ask(*messages: Any, model: str = "stub", **fields: Any) -> Callable[[openai.AsyncOpenAI], Awaitable[Any]]:
    return lambda client: client.chat.completions.create(model=model, messages=[*messages] or [QUESTION], **fields)


def image_part(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def data_url(width: int = 56, height: int = 28, kind: str = "jpeg") -> str:
    content = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(content, kind)
    return f"data:image/{kind};base64,{base64.b64encode(content.getvalue()).decode()}"


class Echo:
    """Replies with what it was asked, and keeps it."""

    def __init__(self) -> None:
        self.chats: list[ParsedChat] = []

    def reply(self, chat: ParsedChat) -> JsonValue:
        self.chats.append(chat)
        return {"thought": chat.messages[-1].text, "answer": "夜"}


def test_the_sdk_parses_the_least_reply_to_a_schema() -> None:
    async def use(client: openai.AsyncOpenAI) -> Any:
        return await client.chat.completions.parse(model="stub", messages=[QUESTION], response_format=WrittenQuestion)

    reply = with_client(use).choices[0].message.parsed
    assert reply.question == "stub"
    assert reply.distractors == ()


def test_free_text_is_replied_to_with_text() -> None:
    choice = with_client(ask()).choices[0]
    assert (choice.message.content, choice.message.refusal, choice.finish_reason) == ("stub", None, "stop")


def test_tokens_are_counted_for_texts_and_images() -> None:
    images = [image_part(data_url(56, 28)), image_part(data_url(29, 28 * 3)), image_part(data_url(56, 28))]
    parts = [{"type": "text", "text": "12345678"}, *images, {"type": "text", "text": "1"}]
    usage = with_client(ask({"role": "user", "content": parts})).usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (2 + 2 + 4 + 2 + 1, 1, 12)


def test_the_replier_gets_texts_images_and_parameters_in_order() -> None:
    echo = Echo()
    parts = [{"type": "text", "text": "Image 1:"}, image_part(data_url(kind="png")), {"type": "text", "text": "Why?"}]
    schema = {"name": Solution.name, "schema": Solution.model_json_schema(), "strict": True}
    reply = with_client(
        ask(
            {"role": "system", "content": "Look."},
            {"role": "user", "content": parts},
            response_format={"type": "json_schema", "json_schema": schema},
            seed=7,
            temperature=0.5,
            max_tokens=99,
        ),
        echo,
    )
    (chat,) = echo.chats
    assert [message.role for message in chat.messages] == ["system", "user"]
    assert chat.texts == ("Look.", "Image 1:", "Why?")
    assert [image.size for image in chat.images] == [(56, 28)]
    assert chat.messages[1].parts[1].data.startswith(b"\x89PNG")
    assert (chat.schema_name, chat.schema) == ("solution", Solution.model_json_schema())
    assert (chat.seed, chat.temperature, chat.max_tokens) == (7, 0.5, 99)
    assert Solution.model_validate_json(reply.choices[0].message.content).thought == "Image 1:\nWhy?"
    assert "夜" in reply.choices[0].message.content


def test_a_reply_longer_than_max_tokens_is_cut_off() -> None:
    long = {"role": "user", "content": "x" * 400}
    choice = with_client(ask(long, max_tokens=10), Echo()).choices[0]
    assert (len(choice.message.content), choice.finish_reason) == (40, "length")


def test_the_models_are_listed() -> None:
    async def use(client: openai.AsyncOpenAI) -> list[str]:
        return [model.id async for model in client.models.list()]

    assert with_client(use, models=("big", "small")) == ["big", "small"]


def test_it_is_healthy() -> None:
    async def use(client: openai.AsyncOpenAI) -> int:
        async with aiohttp.ClientSession() as session, session.get(str(client.base_url.join("/health"))) as response:
            return response.status

    assert with_client(use) == 200


def test_the_right_key_opens() -> None:
    assert with_client(ask(), api_key="key").choices


IMAGE_OF_TEXT = "data:image/png;base64," + base64.b64encode(b"no image").decode()
SCHEMA_WITH_EXTRAS = {"name": "open", "schema": {"type": "object", "properties": {}}, "strict": True}


@pytest.mark.parametrize(
    ("settings", "request_", "error", "code"),
    [
        ({"api_key": "another"}, ask(), openai.AuthenticationError, "invalid_api_key"),
        ({}, ask(model="gpt"), openai.NotFoundError, "model_not_found"),
        ({"context": 100}, ask(max_tokens=94), openai.BadRequestError, "context_length_exceeded"),
        ({"text_only": True}, ask({"role": "user", "content": [image_part(data_url())]}), openai.BadRequestError, None),
        (
            {"max_image_bytes": 50},
            ask({"role": "user", "content": [image_part(data_url())]}),
            openai.BadRequestError,
            "image_file_too_large",
        ),
        *(
            ({}, ask({"role": "user", "content": [image_part(url)]}), openai.BadRequestError, code)
            for url, code in [
                ("https://example.org/kite.jpg", "invalid_image_url"),
                ("data:image/png;base64,", "empty_image_file"),
                ("data:image/png;base64,????", "invalid_base64_image"),
                ("data:image/png;base64,ä", "invalid_base64_image"),
                ("data:image/tiff;base64,AAAA", "unsupported_image_media_type"),
                (IMAGE_OF_TEXT, "image_parse_error"),
            ]
        ),
        ({}, ask({"role": "user", "content": [{"type": "input_audio"}]}), openai.BadRequestError, None),
        ({}, ask({"role": "robot", "content": "?"}), openai.BadRequestError, None),
        ({}, ask(n=2), openai.BadRequestError, None),
        ({}, ask(max_tokens=0), openai.BadRequestError, None),
        (
            {},
            ask(response_format={"type": "json_schema", "json_schema": SCHEMA_WITH_EXTRAS}),
            openai.BadRequestError,
            "invalid_json_schema",
        ),
        (
            {},
            ask(response_format={"type": "json_schema", "json_schema": {**SCHEMA_WITH_EXTRAS, "name": "a b"}}),
            openai.BadRequestError,
            None,
        ),
        ({}, ask(response_format={"type": "json_schema"}), openai.BadRequestError, None),
    ],
)
def test_what_a_server_would_refuse_is_refused(settings: Any, request_: Any, error: type[Exception], code: str) -> None:
    with pytest.raises(error) as refusal:
        with_client(request_, **settings)
    assert refusal.value.code == code


def test_just_as_long_as_the_context_is_not_too_long() -> None:
    tokens = -(-len(QUESTION["content"]) // 4)
    assert with_client(ask(max_tokens=100 - tokens), context=100).choices


def test_a_body_that_is_no_json_is_refused() -> None:
    async def use(client: openai.AsyncOpenAI) -> tuple[int, Any]:
        url = str(client.base_url) + "chat/completions"
        async with aiohttp.ClientSession() as session, session.post(url, data=b'{"model": "\xff"}') as response:
            return response.status, (await response.json())["error"]["type"]

    assert with_client(use) == (400, "invalid_request_error")


def test_what_the_replier_refuses_is_refused() -> None:
    class Picky:
        def reply(self, chat: ParsedChat) -> JsonValue:
            raise BadRequest("No.", code="picky")

    with pytest.raises(openai.BadRequestError, match="No"):
        with_client(ask(), Picky())


def test_a_taken_port_is_an_error_with_a_remedy() -> None:
    async def use(client: openai.AsyncOpenAI) -> None:
        async with serving(StubSettings(port=client.base_url.port)):
            pass

    with pytest.raises(MifgError, match="--port"):
        with_client(use)
