"""Requests as the agents send them: instructions, then images with their names, then the task."""

from collections.abc import Sequence
from pathlib import Path

from mifg_pipeline.agents.prompts import Prompt
from mifg_pipeline.config import ModelSettings
from mifg_pipeline.items import ImageRef
from mifg_pipeline.models.chat import ChatRequest, ImagePart, Message, Part, TextPart


def image_parts(images: Sequence[ImageRef], paths: Sequence[Path], max_pixels: int) -> tuple[Part, ...]:
    """The images in order, each under its name.

    Args:
        images: What to show.
        paths: Where they lie.
        max_pixels: Larger images are scaled down to this.
    """
    parts: list[Part] = []
    for number, (image, path) in enumerate(zip(images, paths, strict=True), start=1):
        parts += [TextPart(f"Image {number}:"), ImagePart(image.sha256, path, max_pixels=max_pixels)]
    return tuple(parts)


def chat_request(
    settings: ModelSettings,
    prompt: Prompt,
    purpose: str,
    parts: tuple[Part, ...] = (),
    *,
    temperature: float = 0.0,
    sample: int = 0,
) -> ChatRequest:
    """A request to the model of these settings.

    Args:
        settings: Of the model.
        prompt: Instructions, and the task that follows the parts.
        purpose: Agent or gate that asks.
        parts: Images and texts in order.
        temperature: Of sampling.
        sample: Index among requests that are otherwise equal.
    """
    return ChatRequest(
        model=settings.model,
        messages=(
            Message("system", (TextPart(prompt.system),)),
            Message("user", (*parts, TextPart(prompt.task))),
        ),
        purpose=purpose,
        temperature=temperature,
        max_tokens=settings.max_tokens,
        sample=sample,
        extra_body=settings.extra_body,
    )
