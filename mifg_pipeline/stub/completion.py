"""Bodies of the stub's responses: completions with their flaws and token counts, and errors as OpenAI writes them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pydantic import JsonValue

from mifg_pipeline.stub.chat import ParsedChat
from mifg_pipeline.stub.faults import Flaw

_CHARACTERS_PER_TOKEN = 4
_PIXELS_PER_TOKEN = 28 * 28

_REFUSAL = "I'm sorry, I can't help with that."


@dataclass(frozen=True)
class Completion:
    """What a model said.

    Attributes:
        text: None where it refused or was cut off by a filter.
        refusal: None where it did not refuse.
        finish_reason: As in the protocol.
    """

    text: str | None
    refusal: str | None = None
    finish_reason: str = "stop"


def completion_with(flaw: Flaw | None, text: str) -> Completion:
    """The completion that says a text, with something wrong about it."""
    match flaw:
        case Flaw.REFUSED:
            return Completion(None, refusal=_REFUSAL)
        case Flaw.FILTERED:
            return Completion(None, finish_reason="content_filter")
        case Flaw.TRUNCATED:
            return Completion(text[: len(text) // 2], finish_reason="length")
        case Flaw.PROSE:
            return Completion("Looking at the images, I would say that this is hard to tell.")
        case Flaw.FENCED:
            return Completion(f"Here is the JSON:\n\n```json\n{text}\n```\n\nLet me know if you need more.")
        case Flaw.CUT:
            return Completion(text[: len(text) * 2 // 3])
        case Flaw.WRONG_SHAPE:
            return Completion(f'{{"response": {text}}}')
        case Flaw.EMPTY:
            return Completion("")
        case None:
            return Completion(text)


def cut_to(completion: Completion, max_tokens: int | None) -> Completion:
    """The completion as far as ``max_tokens`` go."""
    text = completion.text or ""
    if max_tokens is None or _text_tokens(text) <= max_tokens:
        return completion
    return replace(completion, text=text[: max_tokens * _CHARACTERS_PER_TOKEN], finish_reason="length")


def prompt_tokens(chat: ParsedChat, sizes: Iterable[tuple[int, int]]) -> int:
    """Tokens of a conversation, estimated: four characters or 28 x 28 pixels each.

    Args:
        chat: The conversation.
        sizes: Width and height of each of its images, in pixels.
    """
    texts = sum(_text_tokens(text) for text in chat.texts)
    return texts + sum(-(-width * height // _PIXELS_PER_TOKEN) for width, height in sizes)


def completion_body(chat: ParsedChat, completion: Completion, tokens: int, created: int) -> JsonValue:
    """The body of a response that holds a completion.

    Args:
        chat: What was asked.
        completion: What is replied.
        tokens: Of the prompt.
        created: Seconds since 1970.
    """
    written = _text_tokens(completion.text or completion.refusal or "")
    message: JsonValue = {"role": "assistant", "content": completion.text, "refusal": completion.refusal}
    return {
        "id": f"chatcmpl-{chat.digest.hex()}",
        "object": "chat.completion",
        "created": created,
        "model": chat.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": completion.finish_reason}],
        "usage": {"prompt_tokens": tokens, "completion_tokens": written, "total_tokens": tokens + written},
    }


def error_body(message: str, kind: str, *, code: str | None = None, param: str | None = None) -> JsonValue:
    """The body of a response that reports an error."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _text_tokens(text: str) -> int:
    return -(-len(text) // _CHARACTERS_PER_TOKEN)
