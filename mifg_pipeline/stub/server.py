"""The stub server: the OpenAI protocol over HTTP, with the faults of real servers on demand."""

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from aiohttp import web
from pydantic import JsonValue

from mifg_pipeline.stub.admission import Admission
from mifg_pipeline.stub.chat import BadRequest, ParsedChat
from mifg_pipeline.stub.completion import Completion, completion_body, completion_with, cut_to, error_body
from mifg_pipeline.stub.faults import Failure, Fate, fate_of
from mifg_pipeline.stub.parse_chat import parse_chat
from mifg_pipeline.stub.schema import least_instance
from mifg_pipeline.stub.settings import StubSettings
from mifg_pipeline.stub.stats import Stats, Visit

_LARGEST_BODY = 2**30
_STATUS = {Failure.INTERNAL_ERROR: 500, Failure.UNAVAILABLE: 503}
_BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


class Replier(Protocol):
    """Knows what a model replies."""

    def reply(self, chat: ParsedChat) -> JsonValue:
        """What the model says: a value for the schema of the request, or a text where it has none.

        Called by one thread at a time; the same request gets the same reply. A BadRequest becomes a status 400.
        """
        ...


class StubServer:
    """Serves chat completions.

    Args:
        settings: Of the server.
        replier: What the models say; the least that fits where None.
    """

    def __init__(self, settings: StubSettings, replier: Replier | None = None) -> None:
        self.stats = Stats()
        self._settings = settings
        self._replier = replier
        self._admission = Admission(settings)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="stub-replier")

    def application(self) -> web.Application:
        """The routes."""
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.router.add_post("/v1/chat/completions", self._chat_completions)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/health", self._health)
        app.router.add_get("/stub/stats", self._stats)
        app.on_cleanup.append(self._close)
        return app

    async def _chat_completions(self, request: web.Request) -> web.StreamResponse:
        content = await request.read()
        if self._settings.limit is not None and self.stats.in_flight >= self._settings.limit:
            self.stats.outcomes["over the limit"] += 1
            return self._throttled()
        with self.stats.visit() as visit:
            try:
                return await self._serve(request, content, visit)
            except BadRequest as refusal:
                visit.outcome = f"invalid: {refusal.status}"
                body = error_body(str(refusal), "invalid_request_error", code=refusal.code, param=refusal.param)
                return _json(body, status=refusal.status)
            except Exception:
                visit.outcome = "stub failed"
                raise

    async def _serve(self, request: web.Request, content: bytes, visit: Visit) -> web.StreamResponse:
        arrived = time.monotonic()
        self._admission.check_key(request.headers.get("Authorization"))
        chat = parse_chat(content)
        fate = fate_of(chat.digest, self.stats.admit(chat.digest), self._settings)
        if fate.failure is Failure.THROTTLED:
            visit.outcome = fate.failure
            return self._throttled()
        tokens = self._admission.prompt_tokens(chat)
        completion = await self._completion(chat, fate)
        await asyncio.sleep(arrived + fate.seconds - time.monotonic())
        if fate.failure is not None:
            visit.outcome = f"failed: {fate.failure}"
            return await _failed(request, fate.failure)
        visit.outcome = f"flawed: {fate.flaw}" if fate.flaw else "replied"
        self.stats.replied[chat.digest] += 1
        return _json(completion_body(chat, completion, tokens, int(time.time())))

    async def _completion(self, chat: ParsedChat, fate: Fate) -> Completion:
        if self._replier is None:
            value = "stub" if chat.schema is None else least_instance(chat.schema)
        else:
            value = await asyncio.get_running_loop().run_in_executor(self._thread, self._replier.reply, chat)
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return cut_to(completion_with(fate.flaw, text), chat.max_tokens)

    def _throttled(self) -> web.Response:
        wait = self._settings.retry_after
        headers = {} if wait is None else {"Retry-After": f"{wait:g}"}
        body = error_body("Rate limit reached.", "requests", code="rate_limit_exceeded")
        return _json(body, status=429, headers=headers)

    async def _models(self, request: web.Request) -> web.Response:
        del request
        models: list[JsonValue] = [
            {"id": name, "object": "model", "created": 0, "owned_by": "stub"} for name in self._settings.models
        ]
        return _json({"object": "list", "data": models})

    async def _health(self, request: web.Request) -> web.Response:
        del request
        return web.Response()

    async def _stats(self, request: web.Request) -> web.Response:
        del request
        return _json(self.stats.as_json())

    async def _close(self, app: web.Application) -> None:
        del app
        self._thread.shutdown(wait=False, cancel_futures=True)


async def _failed(request: web.Request, failure: Failure) -> web.StreamResponse:
    if failure is Failure.BAD_GATEWAY:
        return web.Response(status=502, text=_BAD_GATEWAY, content_type="text/html")
    if failure in _STATUS:
        return _json(error_body("The server had an error.", "server_error"), status=_STATUS[failure])
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
    if failure is Failure.HALF_A_REPLY:
        await response.prepare(request)
        await response.write(b'{"id": "chatcmpl-')
    if request.transport is not None:
        request.transport.close()
    return response


def _json(body: JsonValue, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    content = json.dumps(body, ensure_ascii=False).encode()
    return web.Response(body=content, status=status, content_type="application/json", headers=headers)
