"""The OpenAI chat-completions protocol: the bytes of a request, and what the bytes of an answer hold."""

import json
from collections.abc import Mapping
from typing import Any, Final

import orjson

from mifg_pipeline.models.chat import ChatReply, ChatRequest, ImagePart, Message, TextPart

MAX_REPLY_BYTES: Final = 4 << 20
"""Largest reply that is read: far more than any ``max_tokens`` allows."""

OVERSIZED: Final = "oversized"
"""Finish reason of a reply that is larger."""


class NotAReply(Exception):  # noqa: N818 - says what happened
    """The bytes are no chat completion; the text says what they are instead.

    Attributes:
        is_page: Whether they are a web page, as from a server that is no API.
    """

    def __init__(self, reason: str, *, is_page: bool = False) -> None:
        super().__init__(reason)
        self.is_page = is_page


class FailedInside(Exception):  # noqa: N818 - says what happened
    """An error in the place of a reply, under a status that promises one, as gateways send it.

    Attributes:
        status: The status that it should have had.
        body: The decoded body.
    """

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(f"error {status} in the place of a reply")
        self.status = status
        self.body = body


def encode_request(request: ChatRequest, images: Mapping[ImagePart, bytes], limit_field: str) -> bytes:
    """The body of a request.

    Args:
        request: What is asked.
        images: For each of its images the data URL as a JSON string, quotes included.
        limit_field: How the server calls the limit of the reply, ``max_tokens`` or ``max_completion_tokens``.

    Returns:
        JSON. A field of ``extra_body`` replaces one of the same name; where it is null, the field is left out.
    """
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [{"role": message.role, "content": _content(message, images)} for message in request.messages],
        "temperature": request.temperature,
        limit_field: request.max_tokens,
        "seed": request.sample,
    }
    if request.schema is not None:
        schema = {"name": request.schema.name, "schema": request.schema.schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    for name, value in request.extra_body.items():
        if value is None:
            body.pop(name, None)
        else:
            body[name] = value
    return orjson.dumps(body)


def _content(message: Message, images: Mapping[ImagePart, bytes]) -> str | list[dict[str, Any]]:
    """A string where there is only text, for not every server takes parts from every role."""
    texts = [part.text for part in message.parts if isinstance(part, TextPart)]
    if len(texts) == len(message.parts):
        return "\n".join(texts)
    return [
        {"type": "text", "text": part.text}
        if isinstance(part, TextPart)
        else {"type": "image_url", "image_url": {"url": orjson.Fragment(images[part])}}
        for part in message.parts
    ]


def decode_reply(body: bytes, key: str, seconds: float) -> ChatReply:
    """The reply that the body of an answer holds.

    Bytes that are not UTF-8 and lone surrogates come out as U+FFFD or "?".

    Args:
        body: As it came.
        key: Of the request.
        seconds: That the request took.

    Raises:
        NotAReply: If it is not JSON, or JSON without a reply.
        FailedInside: If it is an error.
    """
    content = _decode_json(body)
    if not isinstance(content, dict):
        raise NotAReply(f"JSON that is no chat completion: {_start(body)}")
    error = content.get("error")
    if error:
        code = error.get("code") if isinstance(error, dict) else None
        raise FailedInside(code if isinstance(code, int) and 400 <= code < 600 else 500, content)
    choices = content.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise NotAReply(f"a chat completion without a message: {_start(body)}")
    usage = content.get("usage")
    refusal, finish_reason = message.get("refusal"), choice.get("finish_reason")
    return ChatReply(
        key=key,
        text=_text(message.get("content")),
        refusal=refusal if isinstance(refusal, str) and refusal else None,
        finish_reason=finish_reason if isinstance(finish_reason, str) else "unknown",
        prompt_tokens=_tokens(usage, "prompt_tokens"),
        completion_tokens=_tokens(usage, "completion_tokens"),
        seconds=seconds,
    )


def oversized_reply(key: str, seconds: float) -> ChatReply:
    """What stands for a reply beyond ``MAX_REPLY_BYTES``; its tokens are not known."""
    return ChatReply(
        key=key,
        text="",
        refusal=None,
        finish_reason=OVERSIZED,
        prompt_tokens=0,
        completion_tokens=0,
        seconds=seconds,
    )


def listed_models(body: bytes) -> tuple[str, ...] | None:
    """The names in a list of models, None where the body is no such list."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    models = content.get("data") if isinstance(content, dict) else None
    if not isinstance(models, list):
        return None
    names = (model.get("id") for model in models if isinstance(model, dict))
    return tuple(name for name in names if isinstance(name, str))


def _decode_json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        # Not every server is as strict as orjson about UTF-8 and surrogates.
        text = body.decode("utf-8", "replace")
    try:
        return _without_surrogates(json.loads(text))
    except (ValueError, RecursionError) as error:
        is_page = text.lstrip("\ufeff \t\r\n").startswith("<")
        raise NotAReply(f"not JSON: {_start(body)}", is_page=is_page) from error


def _without_surrogates(content: Any) -> Any:
    return json.loads(json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))


def _text(content: Any) -> str:
    """The text of a message, which some servers give in parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    texts = (part.get("text") for part in content if isinstance(part, dict))
    return "".join(text for text in texts if isinstance(text, str))


def _tokens(usage: Any, name: str) -> int:
    """A count of tokens, 0 where the server gives none."""
    count = usage.get(name) if isinstance(usage, dict) else None
    return max(count, 0) if isinstance(count, int) else 0


def _start(body: bytes) -> str:
    return repr(body[:80].decode("utf-8", "replace"))
