"""Calls of a chat client, for tests of what it makes of a server's answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from chat_server import Answer, chat_server, says

from mifg_pipeline.config import ServerSettings
from mifg_pipeline.models.chat import ChatReply, ChatRequest, Message, Part, TextPart
from mifg_pipeline.models.openai_client import OpenAIChat
from mifg_pipeline.models.rendering import ImageRenderer

KEY = "sk-0123456789abcdef"


@asynccontextmanager
async def chat_with(url: str, **settings: Any) -> AsyncIterator[OpenAIChat]:
    """A client of the server at ``url``."""
    server = ServerSettings.model_validate({"base_url": url, "api_key_env": "THE_KEY", **settings})
    with ImageRenderer() as renderer:
        async with OpenAIChat(server, renderer, {"THE_KEY": KEY}) as chat:
            yield chat


def question(*parts: Part, **fields: Any) -> ChatRequest:
    """A request that shows the parts, or asks "Which?"."""
    messages = (Message("system", (TextPart("Look closely."),)), Message("user", parts or (TextPart("Which?"),)))
    return ChatRequest(**{"model": "seer", "messages": messages, "purpose": "test", **fields})


def ask(
    answer: Answer, request: ChatRequest | None = None, *, server: dict[str, Any] | None = None, **settings: Any
) -> ChatReply:
    """What a client makes of one request to a server that answers so."""

    async def run() -> ChatReply:
        async with chat_server(answer, **(server or {})) as running, chat_with(running.url, **settings) as chat:
            return await chat.complete(request or question())

    return asyncio.run(run())


def sent(request: ChatRequest) -> tuple[dict[str, Any], str]:
    """The body and the key that reach a server."""

    async def run() -> tuple[dict[str, Any], str]:
        async with chat_server(says()) as running, chat_with(running.url) as chat:
            await chat.complete(request)
            return running.requests[0], running.keys[0]

    return asyncio.run(run())
