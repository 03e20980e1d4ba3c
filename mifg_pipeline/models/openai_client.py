"""A model behind the OpenAI protocol: sends requests, and says what the answers mean."""

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Final, Self, cast

import httpx2
import orjson
from openai import APIStatusError, AsyncOpenAI, AsyncStream, DefaultAioHttpClient

from mifg_pipeline.config import ServerSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.models.chat import ChatReply, ChatRequest, ImagePart, RequestRefused, ServerBusy
from mifg_pipeline.models.connection import api_key, checked_url, connected
from mifg_pipeline.models.error_answer import ErrorAnswer, one_line, parse_error
from mifg_pipeline.models.protocol import (
    MAX_REPLY_BYTES,
    FailedInside,
    NotAReply,
    decode_reply,
    encode_request,
    listed_models,
    oversized_reply,
)
from mifg_pipeline.models.rendering import ImageRenderer
from mifg_pipeline.models.server_errors import Fault, Server, exception_for, fault_of, rejected_key, unknown_place

MOST_REFUSALS: Final = 20
"""Requests to a model for one purpose that may be refused one after the other: then something is wrong with all of
them, and the run stops."""

CONNECT_SECONDS: Final = 10.0

KEEPALIVE_SECONDS: Final = 4.0
"""Idle connections are dropped before uvicorn drops them (5 s), which would fail the request that is just sent."""


RETRY_AFTER: Final[tuple[tuple[str, Callable[[str], float]], ...]] = (
    ("retry-after-ms", lambda text: float(text) / 1000),
    ("retry-after", float),
    ("retry-after", lambda date: (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()),
)
"""Headers that say how long to wait, with ways to read them."""


class OpenAIChat:
    """A ``ChatModel`` that sends each request once, without retries; use it as an async context manager.

    Of the SDK it uses connections, authentication and errors, and leaves out response models and JSON encoder, which
    take most of its time.

    Args:
        settings: Where the server is.
        renderer: Renders images; shared by all clients of a run.
        environ: Environment variables, one of which holds the key.

    Raises:
        MifgError: If the URL is none, or OpenAI's own server is meant and there is no key.
    """

    def __init__(self, settings: ServerSettings, renderer: ImageRenderer, environ: Mapping[str, str]) -> None:
        self._server = Server(checked_url(settings), settings.key_variable)
        self._key = api_key(settings, environ)
        self._renderer = renderer
        self._seconds = settings.timeout
        # Other servers know the older name, and not all of them the newer one; some of OpenAI's models only that.
        self._limit_field = "max_completion_tokens" if settings.base_url is None else "max_tokens"
        self._refused_in_a_row: Counter[tuple[str, str]] = Counter()
        self._has_replied = False
        timeout = httpx2.Timeout(settings.timeout, connect=min(CONNECT_SECONDS, settings.timeout), pool=None)
        # No limit of its own (0): the throttle knows how many requests the server takes.
        limits = httpx2.Limits(max_connections=0, keepalive_expiry=KEEPALIVE_SECONDS)
        self._client = AsyncOpenAI(
            # The SDK insists on a key, most servers of one's own do not.
            api_key=self._key or "none",
            base_url=self._server.url,
            max_retries=0,
            timeout=timeout,
            http_client=DefaultAioHttpClient(timeout=timeout, limits=limits),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.close()

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Sends the request and waits for the whole reply.

        A reply beyond ``MAX_REPLY_BYTES`` is left unread and stands as an empty one with finish reason ``oversized``:
        it is counted and kept, and not paid again. An answer that is no JSON, or holds no message, comes from
        something between here and the model and counts as ``ServerBusy``. Invalid UTF-8 comes out as U+FFFD.

        Raises:
            ServerBusy: If the request may succeed later.
            RequestRefused: If this request never will.
            ImageError: If an image cannot be rendered.
            MifgError: If no request will until something is mended, or ``MOST_REFUSALS`` to the model for
                its purpose were refused without a success in between.
        """
        images = {
            part: await self._renderer.render(part)
            for message in request.messages
            for part in message.parts
            if isinstance(part, ImagePart)
        }
        streak = (request.model, request.purpose)
        try:
            reply = await self._send(request, encode_request(request, images, self._limit_field))
        except RequestRefused as refusal:
            self._refused_in_a_row[streak] += 1
            if self._refused_in_a_row[streak] < MOST_REFUSALS:
                raise
            raise MifgError(
                f"{self._server.url} refused {MOST_REFUSALS} requests to {request.model} for {request.purpose} one "
                f"after the other, the last one with: {refusal}.",
                "Mend what it says (see the settings of the model), then run the same command again.",
            ) from refusal
        del self._refused_in_a_row[streak]
        self._has_replied = True
        return reply

    async def check(self, model: str) -> str:
        """Asks the server for its models, which costs nothing.

        Args:
            model: Name of a model that shall be asked later.

        Returns:
            A remark for people where the server does not list the model, which need not mean that it has none of that
            name; empty where all is well.

        Raises:
            MifgError: If the server is out of reach, is not ready, or does not accept the key.
        """
        try:
            listed = await self._listed_models()
        except ServerBusy as busy:
            raise MifgError(f"{busy}.", "Start the server, or correct the model's server.base_url.") from busy
        if listed is None or model in listed:
            return ""
        shown = ", ".join(listed[:20]) or "none"
        return f"{self._server.url} does not list {model!r} among its models; it lists {shown}."

    async def only_model(self) -> str:
        """The name of the one model that the server lists, which costs nothing.

        Raises:
            MifgError: If it lists none or several, is out of reach, is not ready, or does not accept the key.
        """
        try:
            listed = await self._listed_models()
        except ServerBusy as busy:
            raise MifgError(f"{busy}.", "Start the server, or correct its URL.") from busy
        if listed is None or len(listed) != 1:
            shown = ", ".join((listed or ())[:20]) or "none"
            raise MifgError(f"{self._server.url} does not list one model alone: it lists {shown}.", "Name the model.")
        return listed[0]

    async def _send(self, request: ChatRequest, body: bytes) -> ChatReply:
        started = time.perf_counter()
        try:
            answer = await self._post(body)
            seconds = time.perf_counter() - started
            return (
                oversized_reply(request.key, seconds) if answer is None else decode_reply(answer, request.key, seconds)
            )
        except APIStatusError as error:
            failure = parse_error(error.status_code, _json_body(error.response), _retry_after(error.response.headers))
        except FailedInside as error:
            failure = parse_error(error.status, error.body)
        except NotAReply as error:
            raise self._no_reply(error) from error
        failure = self._without_key(failure)
        if fault_of(failure, request) is Fault.PLACE:
            raise unknown_place(failure, request.model, self._server, await self._listed_models_if_any())
        raise exception_for(failure, request, self._server)

    async def _post(self, body: bytes) -> bytes | None:
        """The body of the answer, or None where it is beyond ``MAX_REPLY_BYTES``."""
        async with connected(self._server.url, self._seconds, was_reached=self._has_replied):
            stream = await self._client.post(
                "/chat/completions",
                cast_to=httpx2.Response,
                content=body,
                options={"headers": {"Content-Type": "application/json"}},
                stream=True,
                stream_cls=AsyncStream[Any],
            )
            # With a response type to cast to, the SDK hands on the open response instead of a stream of events.
            return await _read(cast(httpx2.Response, stream))

    async def _listed_models(self) -> tuple[str, ...] | None:
        """Names of the models that the server lists, None where it does not know the question.

        Raises:
            ServerBusy: If it cannot answer now.
            MifgError: If it does not accept the key, or is not there.
        """
        url = self._server.url
        try:
            async with connected(url, self._seconds, was_reached=self._has_replied):
                response = await self._client.get("/models", cast_to=httpx2.Response)
        except APIStatusError as error:
            failure = self._without_key(parse_error(error.status_code, _json_body(error.response)))
            if failure.status in (401, 403):
                raise rejected_key(failure, self._server) from error
            if failure.status < 500:
                return None
            raise ServerBusy(f"{url} answered {failure.status}: {failure.reason}") from error
        return listed_models(response.content)

    async def _listed_models_if_any(self) -> tuple[str, ...] | None:
        # Another fault is being explained: that the list cannot be had either does not matter then.
        with suppress(ServerBusy, MifgError):
            return await self._listed_models()
        return None

    def _no_reply(self, answer: NotAReply) -> Exception:
        url = self._server.url
        if answer.is_page and not self._has_replied:
            remedy = "Correct the model's server.base_url: it is the URL of the API and usually ends in /v1."
            return MifgError(f"{url} answers with a web page.", remedy)
        return ServerBusy(f"{url} sent {one_line(str(answer))}")

    def _without_key(self, failure: ErrorAnswer) -> ErrorAnswer:
        """The answer without the key, should the server repeat it."""
        return replace(failure, reason=failure.reason.replace(self._key, "***")) if self._key else failure


async def _read(response: httpx2.Response) -> bytes | None:
    """The decoded body, or None where it is beyond ``MAX_REPLY_BYTES``; closes the response."""
    chunks, size = [], 0
    try:
        async for chunk in response.aiter_bytes():
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_REPLY_BYTES:
                return None
        return b"".join(chunks)
    finally:
        await response.aclose()


def _json_body(response: httpx2.Response) -> Any:
    """The decoded body of an error, its text where it is no JSON."""
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return response.text


def _retry_after(headers: httpx2.Headers) -> float | None:
    """Seconds that the server asks to wait, None where it names none."""
    for name, parse in RETRY_AFTER:
        with suppress(KeyError, ValueError, TypeError, OverflowError):
            seconds = parse(headers[name])
            if math.isfinite(seconds):
                return max(seconds, 0.0)
    return None
