"""A chat completion request as the stub server reads it: texts and images in order, and what the reply has to fit."""

import binascii
import io
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from PIL import Image
from pydantic import JsonValue

MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")
"""What image data URLs may carry."""


class BadRequest(Exception):  # noqa: N818 - says what happened
    """The request is not one that an OpenAI-compatible server would take.

    Attributes:
        status: HTTP status of the refusal.
        code: As OpenAI names the problem.
        param: Field of the request that is at fault.
    """

    def __init__(self, message: str, *, status: int = 400, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param


@dataclass(frozen=True)
class SentImage:
    """An image as it came over the wire; decoded when somebody looks at it.

    Attributes:
        url: ``data:image/jpeg;base64,…``.
    """

    url: str

    @cached_property
    def data(self) -> bytes:
        """The encoded image (JPEG, PNG, …).

        Raises:
            BadRequest: If the URL is no base64 data URL of an image.
        """
        head, comma, content = self.url.partition(",")
        if not comma or not head.startswith("data:") or not head.endswith(";base64"):
            raise _bad_image("Only data URLs with base64 are fetched by this server.", "invalid_image_url")
        if head[len("data:") : -len(";base64")] not in MEDIA_TYPES:
            raise _bad_image(f"Use one of {', '.join(MEDIA_TYPES)}.", "unsupported_image_media_type")
        try:
            data = binascii.a2b_base64(content, strict_mode=True)
        except (binascii.Error, ValueError) as error:
            raise _bad_image(f"The image is not base64: {error}.", "invalid_base64_image") from error
        if not data:
            raise _bad_image("The image is empty.", "empty_image_file")
        return data

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the URL, in hex: quicker to have than the data, and as good a name for the image."""
        return sha256(self.url.encode()).hexdigest()

    @cached_property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, from the image's header.

        Raises:
            BadRequest: If the data are no image.
        """
        try:
            with Image.open(io.BytesIO(self.data)) as image:
                return image.size
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise _bad_image("The image could not be parsed.", "image_parse_error") from error


Part = str | SentImage
"""A text or an image."""


@dataclass(frozen=True)
class ChatMessage:
    """One message, its texts and images in order."""

    role: str
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """All texts, one per line."""
        return "\n".join(part for part in self.parts if isinstance(part, str))

    @property
    def images(self) -> tuple[SentImage, ...]:
        """All images, in order."""
        return tuple(part for part in self.parts if isinstance(part, SentImage))


@dataclass(frozen=True)
class ParsedChat:
    """A chat completion request.

    Attributes:
        model: Name of the model.
        messages: The conversation.
        schema_name: Of the reply's schema, such as ``solution``; None where free text is asked for.
        schema: JSON Schema of the reply.
        seed: As sent; 0 where there is none.
        temperature: As sent; 1 where there is none, as the protocol says.
        max_tokens: Most tokens of the reply, None for no limit.
        digest: Of all that was sent, further fields included; the order of fields does not count.
    """

    model: str
    messages: tuple[ChatMessage, ...]
    schema_name: str | None = None
    schema: dict[str, JsonValue] | None = None
    seed: int = 0
    temperature: float = 1.0
    max_tokens: int | None = None
    digest: bytes = b""

    @property
    def images(self) -> tuple[SentImage, ...]:
        """All images of the conversation, in order."""
        return tuple(image for message in self.messages for image in message.images)

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts of the conversation, in order."""
        return tuple(part for message in self.messages for part in message.parts if isinstance(part, str))


def _bad_image(message: str, code: str) -> BadRequest:
    return BadRequest(f"Invalid image: {message}", code=code, param="messages")
