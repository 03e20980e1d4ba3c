"""The organism's vocabulary: what is always said alike is one token, so that an episode is some sixty tokens long.

The texts are those of the real prompts, and what the model writes is the JSON that the real parser reads. What varies
from question to question (colours, digits, coordinates) is cut out of them; what is left, and each value, is a token.
"""

import json
import re
from collections.abc import Iterator, Sequence

from mifg_pipeline.config import EpisodeSettings
from mifg_pipeline.imagent.messages import error_text, image_text, question_text, shown_text, system_text
from mifg_pipeline.imagent.protocol import ARGUMENTS
from mifg_pipeline.imagent.question import Question
from mifg_pipeline.images.frame import Frame, UnusablePlaceError, to_box
from mifg_pipeline.items import Answer, Box
from model_organism.scenes import COLOURS, DIGITS, IMAGES, SIDE, Item, draw_items

VIEW_SIDE, CROP_SIDE = 28, 56
"""Pixels of a first view and of a crop, by ``organism.yaml``."""

FRAME = Frame(SIDE, SIDE, VIEW_SIDE, VIEW_SIDE)
"""How the model speaks of places in a scene."""

COORDINATES = (0, 4, 10, 14, 18, 24, 28)
"""What the organism has tokens for: sides of quarters, and of the boxes around their digits."""

READ = Question("read", (), "Which digit is this?", answer=Answer(kind="integer", value=0))
"""Asked of a crop alone; with its image, a task of the base stage."""
_VALUE = re.compile(rf"(\b(?:\d+|{'|'.join(COLOURS)})\b(?:, )?)")

DESCRIBE = Question("describe", (), "Which card is where?")
"""Asked of one scene; with its image, a task of the base stage."""


def call(image: int, place: Sequence[int]) -> str:
    """A call of ``visual_confirmation`` as a model writes it; the image is counted from 1."""
    action = {"name": "visual_confirmation", "arguments": {"image": image, "bbox_2d": list(place)}}
    return f"<tool_call>{json.dumps(action)}</tool_call>"


def answer(text: object) -> str:
    """An answer as a model writes it."""
    return f"<answer>{text}</answer>"


def where(item: Item) -> Question:
    """Asks where the card of an item is: a task of the base stage."""
    return Question("where", item.question("").images, f"Where is the {item.scene.colour} card?")


def fragments(settings: EpisodeSettings) -> list[str]:
    """All texts that are one token each, for episodes of these settings with tools and without."""
    values = [*COLOURS, *map(str, range(DIGITS)), *map(str, COORDINATES)]
    values += [f"{value}, " for value in (*COLOURS, *range(1, IMAGES + 2), *COORDINATES)]
    parts = [part for text in _sayings() for part in _VALUE.split(text)[::2]]
    return sorted({part for part in (*_messages(settings), *parts, *values) if len(part) > 1 or part in values})


def _messages(settings: EpisodeSettings) -> Iterator[str]:
    """What is said whole."""
    yield from ("system\n", "user\n", "assistant\n", "<tool_response>\n", "\n</tool_response>")
    for tools in (True, False):
        variant = settings.model_copy(update={"tools": tools})
        yield f"system\n{system_text(variant, 'pixels')}"
    for number in range(1, IMAGES + 1):
        before = "user\n" if number == 1 else "\n"
        for frame in (FRAME, Frame(CROP_SIDE, CROP_SIDE, CROP_SIDE, CROP_SIDE), None):
            yield f"{before}{image_text(number, frame)}\n"
        yield f"user\n<tool_response>\n{shown_text('visual_reflection', number, None, FRAME)}\n"
    for reason, variables in _PLAIN_ERRORS.items():
        yield error_text(reason, **variables)


_PLAIN_ERRORS: dict[str, dict[str, object]] = {
    "several": {"tools": True},
    "malformed": {"tools": True},
    "no_tools": {},
    "not_json": {},
    "not_a_call": {},
    "unknown_tool": {"tools": list(ARGUMENTS)},
    "unknown_image": {"images": IMAGES},
    "no_place": {},
}


def _sayings() -> Iterator[str]:
    """One of each text that holds values."""
    item = draw_items(1, "sayings")[0]
    for question in (item.question(""), where(item), READ, DESCRIBE):
        yield f"\n{question_text(question)}"
    yield call(1, (0, 4, 10, 14))
    yield answer(1)
    yield answer([1, 0, 4, 10, 14])
    yield answer("red [0, 4, 10, 14]")
    box: Box = (0, 24, 60, 84)
    yield f"user\n<tool_response>\n{shown_text('visual_confirmation', 1, box, FRAME)}\n"
    for place in ((10, 4, 4, 10), (18, 4, 40, 10), (-9, 0, 4, 4)):
        try:
            to_box(place, FRAME)
        except UnusablePlaceError as fault:
            yield "user\n<tool_response>\n" + error_text(
                "unusable_place", number=1, fault=str(fault), across=FRAME.across, down=FRAME.down
            )
