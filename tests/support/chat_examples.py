"""Requests and replies for tests of models."""

from typing import Any

from mifg_pipeline.models.chat import ChatReply, ChatRequest, Message, TextPart


def make_request(text: str = "What is it?", **fields: Any) -> ChatRequest:
    defaults: dict[str, Any] = {
        "model": "tiny",
        "messages": (Message("user", (TextPart(text),)),),
        "purpose": "blind",
        "max_tokens": 100,
    }
    return ChatRequest(**{**defaults, **fields})


def make_reply(request: ChatRequest, **fields: Any) -> ChatReply:
    defaults: dict[str, Any] = {
        "key": request.key,
        "text": "a kite",
        "refusal": None,
        "finish_reason": "stop",
        "prompt_tokens": 5,
        "completion_tokens": 3,
        "seconds": 0.5,
    }
    return ChatReply(**{**defaults, **fields})
