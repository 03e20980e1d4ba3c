"""What is asked of a model and what it replies: the one way in which the agents reach models.

A request names images by digest, crop and size; their bytes are rendered late, by the client, and stored nowhere. Each
middleware (replay cache, budget, retry, throttle) is a ``ChatModel`` around a ``ChatModel``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, Protocol

from pydantic import JsonValue

from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import Box, content_digest


@dataclass(frozen=True)
class TextPart:
    """A piece of text."""

    text: str


@dataclass(frozen=True)
class ImagePart:
    """An image, or a part of one.

    Attributes:
        sha256: Digest of the image file.
        path: Where the file lies now; not part of what the request asks.
        crop: The part that is shown, in pixels of the upright image; all of it where None.
        max_pixels: Larger images are scaled down to this many pixels.
        min_pixels: Smaller images are enlarged to this many pixels.
    """

    sha256: str
    path: Path = field(compare=False)
    crop: Box | None = None
    max_pixels: int = 1_003_520
    min_pixels: int = 0


Part = TextPart | ImagePart


@dataclass(frozen=True)
class Message:
    """One message of a conversation, its texts and images in order."""

    role: Literal["system", "user", "assistant"]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class ReplySchema:
    """JSON Schema that a reply has to fit, with the name that the server sees."""

    name: str
    schema: Mapping[str, JsonValue]

    @cached_property
    def digest(self) -> str:
        """Of name and schema."""
        return content_digest([self.name, dict(self.schema)])


@dataclass(frozen=True)
class ChatRequest:
    """One call of a model.

    Attributes:
        model: Name that the server knows the model by.
        messages: The conversation.
        purpose: Agent or gate that asks, for the accounts; not part of what is asked.
        schema: Schema of the reply, None for free text.
        temperature: Sampling temperature.
        max_tokens: Most tokens of the reply.
        sample: Index among calls that are otherwise equal; also sent as the seed.
        extra_body: Further fields of the request.
    """

    model: str
    messages: tuple[Message, ...]
    purpose: str
    schema: ReplySchema | None = None
    temperature: float = 0.0
    max_tokens: int = 1024
    sample: int = 0
    extra_body: Mapping[str, JsonValue] = field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        """Digest of everything that decides the reply: names the call in the replay cache and in provenance."""
        return content_digest(
            {
                "model": self.model,
                "messages": [[message.role, *map(_part_key, message.parts)] for message in self.messages],
                "schema": self.schema.digest if self.schema else None,
                "parameters": [self.temperature, self.max_tokens, self.sample],
                "extra_body": dict(self.extra_body),
            }
        )


def _part_key(part: Part) -> JsonValue:
    if isinstance(part, TextPart):
        return part.text
    key: dict[str, JsonValue] = {
        "image": part.sha256,
        "crop": list(part.crop) if part.crop else None,
        "max_pixels": part.max_pixels,
    }
    return {**key, "min_pixels": part.min_pixels} if part.min_pixels else key


@dataclass(frozen=True)
class ChatReply:
    """What came back.

    Attributes:
        key: Of the request.
        text: The reply's text; empty where the model refused.
        refusal: The model's refusal, where the protocol marks it as one.
        finish_reason: ``stop``, ``length``, ``content_filter`` or what else the server says.
        prompt_tokens: As the server counts them.
        completion_tokens: As the server counts them.
        seconds: From sending the request to the whole reply; of the first time, where it is replayed.
        replayed: Whether it came from the replay cache, at no cost.
        money: What it cost, in the currency of the price list; None where the price is unknown.
    """

    key: str
    text: str
    refusal: str | None
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    replayed: bool = False
    money: float | None = None


class ChatModel(Protocol):
    """Replies to requests."""

    async def complete(self, request: ChatRequest) -> ChatReply:
        """The model's reply.

        Raises:
            RequestRefused: If the server will never reply to this one request (too long, too large).
            MifgError: If the run cannot go on (no key, unknown model, server away, budget spent).
        """
        ...


class RequestRefused(Exception):  # noqa: N818 - says what happened
    """The server will never reply to this request; others may fare better. The text is the server's reason."""


class ServerBusy(Exception):  # noqa: N818 - says what happened
    """The request failed now and may succeed later: busy, failing, restarting or out of reach.

    Attributes:
        retry_after: Seconds that the server asks to wait, where it does.
        is_throttling: Whether the server asked for fewer requests (429), rather than failed.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None, is_throttling: bool = False) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.is_throttling = is_throttling


class BudgetSpent(MifgError):  # noqa: N818 - says what happened
    """A further call would exceed the budget of the run."""
