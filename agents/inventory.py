"""Inventories: what a model sees in single images, each asked about once in a run (the replay cache remembers)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from mifg_pipeline.agents.messages import chat_request, image_parts
from mifg_pipeline.agents.places import model_frame
from mifg_pipeline.agents.prompts import prompts
from mifg_pipeline.agents.replies import Inventory, SeenObject
from mifg_pipeline.agents.state import ImageInventory, Sighting
from mifg_pipeline.agents.untrusted import shortened
from mifg_pipeline.config import ModelSettings
from mifg_pipeline.images.frame import Frame, UnusablePlaceError, to_box, to_place
from mifg_pipeline.items import ImageRef
from mifg_pipeline.models.chat import ChatModel, ChatRequest
from mifg_pipeline.models.structured import Asked, ask
from mifg_pipeline.store.usage import Usage

PURPOSE = "inventory"

_MOST = 30
"""Sightings of a kind that are kept."""

_LONGEST = 120
"""Characters that are kept of a label."""

_LONGEST_FAULT = 400


@dataclass(frozen=True)
class Inventories:
    """What came of looking at images.

    Attributes:
        images: One per image; None where the model's reply could not be used.
        fault: Why not, of the first of these.
        usage: What the calls took.
        calls: Their keys, in order of the images.
    """

    images: tuple[ImageInventory | None, ...]
    fault: str
    usage: Usage
    calls: tuple[str, ...]


async def take_inventories(
    images: Sequence[ImageRef], paths: Sequence[Path], model: ChatModel, settings: ModelSettings
) -> Inventories:
    """Has a model list what there is in each image by itself.

    Args:
        images: Corpus images.
        paths: Where they lie.
        model: Who looks.
        settings: Of the model.

    Raises:
        ImageError: If an image can no longer be read.
        MifgError: If the model cannot be asked at all.
    """
    requests = [inventory_request(image, path, settings) for image, path in zip(images, paths, strict=True)]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(ask(model, request, Inventory, settings)) for request in requests]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    asked: list[Asked[Inventory]] = [task.result() for task in tasks]
    return Inventories(
        images=tuple(
            None if one.value is None else placed(one.value, model_frame(image.width, image.height, settings))
            for one, image in zip(asked, images, strict=True)
        ),
        fault=next((shortened(one.fault, _LONGEST_FAULT) for one in asked if one.value is None), ""),
        usage=sum((one.usage for one in asked), Usage()),
        calls=tuple(key for one in asked for key in one.keys),
    )


def inventory_request(image: ImageRef, path: Path, settings: ModelSettings) -> ChatRequest:
    """What is asked about one image; the same whenever it is asked."""
    prompt = prompts().render(
        Inventory.name,
        coordinates=settings.coordinates,
        frame=model_frame(image.width, image.height, settings),
    )
    return chat_request(settings, prompt, PURPOSE, image_parts([image], [path], settings.image_pixels))


def placed(inventory: Inventory, frame: Frame) -> ImageInventory:
    """The inventory with places in pixels of the original, as far as it names any."""

    def sightings(seen: Sequence[SeenObject]) -> tuple[Sighting, ...]:
        return tuple(_sighting(one, frame) for one in seen[:_MOST] if one.label.strip())

    return ImageInventory(
        objects=sightings(inventory.objects),
        texts=sightings(inventory.texts),
        details=sightings(inventory.details),
    )


def told(inventory: ImageInventory | None, frame: Frame) -> JsonValue:
    """The inventory as it is told to a model that speaks of places in the coordinates of ``frame``."""
    if inventory is None:
        return None

    def sightings(seen: Sequence[Sighting]) -> list[JsonValue]:
        return [
            {"label": one.label, "bbox": None if one.bbox is None else [*to_place(one.bbox, frame)]} for one in seen
        ]

    return {
        "objects": sightings(inventory.objects),
        "texts": sightings(inventory.texts),
        "details": sightings(inventory.details),
    }


def _sighting(seen: SeenObject, frame: Frame) -> Sighting:
    try:
        box = to_box(seen.bbox, frame)
    except UnusablePlaceError:
        box = None  # what was seen is worth telling even where its place is not
    return Sighting(label=shortened(seen.label, _LONGEST), bbox=box)
