"""The world as image curator: what there is in an image, and which images go together."""

import random
from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from mifg_pipeline.images.frame import Frame, to_place
from mifg_pipeline.items import Box, content_digest
from mifg_pipeline.programs.kinds import Kind, colour_of
from mifg_pipeline.programs.wording import with_article
from mifg_pipeline.stub.world.look import Look

_LEAST, _MOST = 2, 5
_MOST_OBJECTS, _MOST_OTHERS = 14, 8
"""So many are asked for."""
_IDEA = "Count small things of one kind across the images, or compare what their signs say."


def inventory(look: Look) -> dict[str, JsonValue]:
    """What is annotated in the only image that is shown; nothing of an image that is not recognised."""
    if not look.scenes:
        return {"objects": [], "texts": [], "details": []}
    number, scene = next(iter(look.scenes.items()))
    frame = look.frames[number]
    things = [(Kind(thing.category, colour_of(thing)).singular, thing) for thing in scene.things]
    dotted = [(label, thing) for label, thing in things if thing.attributes.get("pattern") == "dotted"]
    texts = [(thing.text, thing) for thing in scene.image.objects if thing.text]
    return {
        "objects": [_sighting(label, thing.bbox, frame) for label, thing in things[:_MOST_OBJECTS]],
        "texts": [_sighting(text, thing.bbox, frame) for text, thing in texts[:_MOST_OTHERS]],
        "details": [
            _sighting(f"dots on {with_article(label)}", thing.bbox, frame) for label, thing in dotted[:_MOST_OTHERS]
        ],
    }


def selection(candidates: Sequence[JsonValue], duplicates: float, rng: random.Random) -> dict[str, JsonValue]:
    """Two to five of the candidates in whose inventories there are objects; none where there are fewer than two.

    Args:
        candidates: As the request describes them: number, inventory and caption.
        duplicates: Share of the selections that fall, among any candidates, to the two that come first in an order that
            is always the same, so that sets of images come up again.
        rng: Draws.
    """
    promising = dict(_promising(candidates))
    numbers = sorted(promising)
    if len(numbers) < _LEAST:
        return {"images": [], "idea": "None of them shows anything to ask about."}
    if rng.random() < duplicates:
        chosen = sorted(numbers, key=lambda number: content_digest(promising[number]))[:_LEAST]
    else:
        chosen = rng.sample(numbers, rng.randint(_LEAST, min(_MOST, len(numbers))))
    return {"images": [*chosen], "idea": _IDEA}


def _promising(candidates: Sequence[JsonValue]) -> Iterator[tuple[int, JsonValue]]:
    """Number and inventory of each candidate in which objects were seen."""
    for candidate in candidates:
        if isinstance(candidate, dict):
            number, found = candidate.get("number"), candidate.get("inventory")
            if isinstance(number, int) and isinstance(found, dict) and found.get("objects"):
                yield number, found


def _sighting(label: str, box: Box, frame: Frame) -> JsonValue:
    return {"label": label, "bbox": [*to_place(box, frame)]}
