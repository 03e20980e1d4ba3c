"""Asks a model for a reply that fits a schema, and once more where the first does not."""

import json
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

from mifg_pipeline.config import ModelSettings
from mifg_pipeline.models.chat import (
    ChatModel,
    ChatReply,
    ChatRequest,
    Message,
    ReplySchema,
    RequestRefused,
    TextPart,
)
from mifg_pipeline.models.protocol import OVERSIZED
from mifg_pipeline.models.reply_schema import ReplyType, reply_schema
from mifg_pipeline.models.reply_text import Unfit, parse_reply
from mifg_pipeline.store.usage import Usage

SHOWN_TEXT: Final = 2_000
"""Characters of a reply that the model is shown again."""

SHOWN_REFUSAL: Final = 200
"""Characters of a refusal that are passed on."""

R = TypeVar("R", bound=ReplyType)


@dataclass(frozen=True)
class Asked(Generic[R]):
    """What came of a question to a model.

    Attributes:
        value: The reply; None where the model gave none that fits.
        fault: Why there is no value; empty where there is one.
        replies: What the model said, in order.
    """

    value: R | None
    fault: str
    replies: tuple[ChatReply, ...]

    @property
    def usage(self) -> Usage:
        """What it took."""
        return sum(map(usage_of, self.replies), Usage())

    @property
    def keys(self) -> tuple[str, ...]:
        """The calls by their names in the replay cache."""
        return tuple(reply.key for reply in self.replies)


async def ask(model: ChatModel, request: ChatRequest, reply_type: type[R], settings: ModelSettings) -> Asked[R]:
    """Asks for a reply of a type; where the first does not fit, shows the model why and asks once more.

    Args:
        model: Who is asked.
        request: A request without a schema whose last message is the user's.
        reply_type: What the reply has to be.
        settings: Whether the server holds replies to a schema, or the prompt has to ask for it.

    Raises:
        MifgError: If the run cannot go on; never for what the model says.
    """
    request = _with_schema(request, reply_schema(reply_type), settings)
    first = await _ask_once(model, request, reply_type)
    if first.value is not None or not first.replies or refusal_of(first.replies[0]):
        return first
    second = await _ask_once(model, _with_repair(request, first.replies[0].text, first.fault), reply_type)
    return Asked(second.value, second.fault, first.replies + second.replies)


def usage_of(reply: ChatReply) -> Usage:
    """What one call took."""
    if reply.replayed:
        return Usage(replayed=1)
    return Usage(
        calls=1,
        unpriced=int(reply.money is None),
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
        money=reply.money or 0.0,
        seconds=reply.seconds,
    )


def refusal_of(reply: ChatReply) -> str:
    """Why the model would not reply; empty where it did."""
    if reply.refusal is not None:
        return f"refused: {' '.join(reply.refusal.split())[:SHOWN_REFUSAL]}"
    return "refused: content filter" if reply.finish_reason == "content_filter" else ""


async def _ask_once(model: ChatModel, request: ChatRequest, reply_type: type[R]) -> Asked[R]:
    try:
        reply = await model.complete(request)
    except RequestRefused as refusal:
        return Asked(None, f"the server refused the request: {refusal}", ())
    fault = refusal_of(reply)
    if fault:
        return Asked(None, fault, (reply,))
    try:
        return Asked(parse_reply(reply.text, reply_type), "", (reply,))
    except Unfit as unfit:
        return Asked(None, _fault_of(reply, request, unfit), (reply,))


def _fault_of(reply: ChatReply, request: ChatRequest, unfit: Unfit) -> str:
    if reply.finish_reason == "length":
        return f"it was cut off at {request.max_tokens} tokens"
    return "it is far too long" if reply.finish_reason == OVERSIZED else str(unfit)


def _with_schema(request: ChatRequest, schema: ReplySchema, settings: ModelSettings) -> ChatRequest:
    if settings.structured_output == "json_schema":
        return replace(request, schema=schema)
    *earlier, last = request.messages
    instruction = (
        f'Reply with one JSON object and nothing else. It has to fit the JSON Schema "{schema.name}":\n'
        + json.dumps(schema.schema, separators=(",", ":"))
    )
    return replace(request, messages=(*earlier, replace(last, parts=(*last.parts, TextPart(instruction)))))


def _with_repair(request: ChatRequest, text: str, fault: str) -> ChatRequest:
    shown = text[:SHOWN_TEXT] + ("…" if len(text) > SHOWN_TEXT else "")
    instruction = (
        f"That reply cannot be used: {fault}. Reply again, with one JSON object that fits the schema and nothing else."
    )
    repair = (
        Message("assistant", (TextPart(shown or "(empty)"),)),
        Message("user", (TextPart(instruction),)),
    )
    return replace(request, messages=(*request.messages, *repair))
