"""Finds the JSON object in what a model says, be it fenced, thought over before, or with words around it."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, TypeVar

import orjson
from pydantic import ValidationError

from mifg_pipeline.models.reply_schema import ReplyType

MOST_TEXT: Final = 200_000
"""Characters of a reply in which an object is looked for."""

MOST_STARTS: Final = 20
"""Opening braces outside fences that are tried as the start of an object."""

MOST_PROBLEMS: Final = 5
"""Problems of one reply that are named."""

BLANKS: Final = "\ufeff \t\r\n"

_FENCE = re.compile(r"```(?:json)?[ \t]*\r?\n(.*?)```", re.DOTALL | re.IGNORECASE)
_DECODER = json.JSONDecoder()

R = TypeVar("R", bound=ReplyType)


class Unfit(Exception):  # noqa: N818 - says what happened
    """A text holds no reply of the type; the exception's text says why, to people and to the model."""


def parse_reply(text: str, reply_type: type[R]) -> R:
    """The first object in a text that is a reply of the type.

    Raises:
        Unfit: If there is none.
    """
    if "\ufffd" in text:
        raise Unfit("it is not valid UTF-8")
    problem = ""
    for content in _objects(text[:MOST_TEXT].strip(BLANKS)):
        try:
            return reply_type.model_validate(content)
        except ValidationError as error:
            problem = problem or f"it does not fit the schema: {_problems(error)}"
    raise Unfit(problem or ("it holds no JSON object" if text.strip(BLANKS) else "it is empty"))


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """JSON objects in a text, the likeliest first: all of it, fenced blocks, then wherever one begins."""
    reply = text if text.startswith("{") else text.rpartition("</think>")[2].strip(BLANKS)
    for candidate in (reply, *(match.group(1).strip(BLANKS) for match in _FENCE.finditer(reply))):
        content, end = _decode(candidate, 0)
        if content is not None and end == len(candidate):
            yield content
    start = reply.find("{")
    for _ in range(MOST_STARTS):
        if start < 0:
            return
        content, end = _decode(reply, start)
        if content is not None:
            yield content
        start = reply.find("{", end)


def _decode(text: str, start: int) -> tuple[dict[str, Any] | None, int]:
    """The object that begins at ``start`` and where it ends; None and the next place where none does."""
    try:
        _, end = _DECODER.raw_decode(text, start)
        # The decoder that says where an object ends takes lone surrogates, which cannot be stored, and NaN.
        content = orjson.loads(text[start:end])
    except (ValueError, RecursionError):
        return None, start + 1
    return (content, end) if isinstance(content, dict) else (None, start + 1)


def _problems(error: ValidationError) -> str:
    """The problems by their places, without the values, which may be long."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    named = [f"{'.'.join(map(str, problem['loc'])) or 'all of it'}: {problem['msg']}" for problem in found]
    more = len(named) - MOST_PROBLEMS
    return "; ".join(named[:MOST_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
