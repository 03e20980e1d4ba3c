"""A server of the chat protocol that answers as the test says, for tests of what speaks to servers."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Answer = Callable[[dict[str, Any]], web.StreamResponse | Awaitable[web.StreamResponse]]


@dataclass
class ChatServer:
    """A running server.

    Attributes:
        url: Base URL.
        requests: Decoded bodies of the requests so far.
        keys: Authorization headers of the requests so far.
    """

    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@asynccontextmanager
async def chat_server(
    answer: Answer, models: tuple[str, ...] | None = ("seer",), most_bytes: int = 1 << 24
) -> AsyncIterator[ChatServer]:
    """Serves while the context lasts.

    Args:
        answer: Gives the answer to each request.
        models: Names that the server lists; None where it lists none and says 404.
        most_bytes: Largest request that it reads.
    """
    server = ChatServer()

    async def complete(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        server.requests.append(body)
        server.keys.append(request.headers["Authorization"])
        answered = answer(body)
        return answered if isinstance(answered, web.StreamResponse) else await answered

    async def list_models(request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in models or ()]})

    app = web.Application(client_max_size=most_bytes)
    app.router.add_post("/v1/chat/completions", complete)
    if models is not None:
        app.router.add_get("/v1/models", list_models)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        yield server
    finally:
        await runner.cleanup()


def completion(text: str | None = "B", **message: Any) -> dict[str, Any]:
    """A chat completion, as OpenAI gives it."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text, **message}},
        ],
        "usage": {"prompt_tokens": 70, "completion_tokens": 5, "total_tokens": 75},
    }


def says(text: str | None = "B", **message: Any) -> Answer:
    """Answers every request with the same completion."""
    return lambda _: web.json_response(completion(text, **message))


def fails(status: int, error: Any, **headers: str) -> Answer:
    """Answers every request with the same error."""
    return lambda _: web.Response(
        status=status,
        text=error if isinstance(error, str) else json.dumps({"error": error}),
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
