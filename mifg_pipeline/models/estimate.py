"""Tokens that a request will take, before a server has counted them."""

from mifg_pipeline.models.chat import ChatRequest, ImagePart, TextPart

_CHARACTERS_PER_TOKEN = 3
"""English prose has 4 to 5; JSON, coordinates and other languages have fewer."""

_PIXELS_PER_TOKEN = 28 * 28
"""One token of Qwen2.5-VL; other families take about as many for an image of a megapixel."""


def prompt_tokens(request: ChatRequest) -> int:
    """About how many tokens the messages take; an image counts as if it were as large as it may be sent."""
    tokens = 0
    for message in request.messages:
        for part in message.parts:
            if isinstance(part, TextPart):
                tokens += len(part.text) // _CHARACTERS_PER_TOKEN + 1
            else:
                tokens += part.max_pixels // _PIXELS_PER_TOKEN + 1
    return max(tokens, 1)


def shows_images(request: ChatRequest) -> bool:
    """Whether any message holds an image."""
    return any(isinstance(part, ImagePart) for message in request.messages for part in message.parts)
