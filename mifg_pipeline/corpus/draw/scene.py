"""One drawn scene: its pixels and what is known about them."""

from dataclasses import dataclass

from pydantic import JsonValue

from mifg_pipeline.corpus.draw.layout import Layout, Thing, lay_out
from mifg_pipeline.corpus.draw.paint import paint
from mifg_pipeline.programs import Pixels

GENERATOR_VERSION = 1
"""Goes up whenever the same seed and index would give other pixels or annotations."""


@dataclass(frozen=True)
class Scene:
    """A drawn scene.

    Attributes:
        pixels: RGB, shape (height, width, 3), uint8.
        metadata: The fields of its ``metadata.jsonl`` line but ``file_name``.
    """

    pixels: Pixels
    metadata: dict[str, JsonValue]


def draw_scene(seed: int, index: int) -> Scene:
    """Draws scene ``index`` of the series ``seed``: the same arguments give the same scene."""
    layout = lay_out(seed, index)
    return Scene(paint(layout), describe(layout, seed, index))


def source_of(seed: int, index: int) -> str:
    """Says which generator drew a scene, and from what."""
    return f"mifg corpus draw {GENERATOR_VERSION}, seed {seed}, scene {index}"


def describe(layout: Layout, seed: int, index: int) -> dict[str, JsonValue]:
    """The metadata of a scene, in the Hugging Face imagefolder convention (boxes as x, y, width, height)."""
    return {
        "license": "CC0-1.0",
        "attribution": "mifg-pipeline",
        "source": source_of(seed, index),
        "caption": f"Small coloured shapes and signs on {layout.surface}.",
        "categories": ["drawn scene"],
        "objects": {
            "bbox": [list(thing.box) for thing in layout.things],
            "category": [thing.category for thing in layout.things],
            "text": [thing.text for thing in layout.things],
            "attributes": [_attributes(thing) for thing in layout.things],
        },
    }


def _attributes(thing: Thing) -> dict[str, JsonValue]:
    attributes = {"colour": thing.colour, "pattern": thing.pattern, "size": thing.size}
    return {name: value for name, value in attributes.items() if value is not None}
