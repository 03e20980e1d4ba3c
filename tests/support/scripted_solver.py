"""A solver that replies as a test says, and keeps what it was asked."""

import json
import re
from collections.abc import Callable

from mifg_pipeline.models.chat import ChatReply, ChatRequest, ImagePart, TextPart

_OPTION = re.compile(r"^([A-J])\. (.*)$", re.MULTILINE)


class ScriptedSolver:
    """Replies with what a function of the request and the options' letters (text to letter) says.

    Args:
        answer: Gives the answer; None is a reply that cannot be read.

    Attributes:
        requests: What was asked, in order.
    """

    def __init__(self, answer: Callable[[ChatRequest, dict[str, str]], str | None]) -> None:
        self._answer = answer
        self.requests: list[ChatRequest] = []

    async def complete(self, request: ChatRequest) -> ChatReply:
        """The scripted reply."""
        self.requests.append(request)
        letters = {text: letter for letter, text in _OPTION.findall(task_of(request))}
        answer = self._answer(request, letters)
        return ChatReply(
            key=request.key,
            text="no JSON" if answer is None else json.dumps({"thought": "", "answer": answer}),
            refusal=None,
            finish_reason="stop",
            prompt_tokens=10,
            completion_tokens=2,
            seconds=0.5,
        )


def task_of(request: ChatRequest) -> str:
    """The last text of the first user message."""
    return texts_of(request)[-1]


def texts_of(request: ChatRequest) -> list[str]:
    """All texts of the first user message."""
    message = next(message for message in request.messages if message.role == "user")
    return [part.text for part in message.parts if isinstance(part, TextPart)]


def images_of(request: ChatRequest) -> list[ImagePart]:
    """All images of the first user message."""
    message = next(message for message in request.messages if message.role == "user")
    return [part for part in message.parts if isinstance(part, ImagePart)]
