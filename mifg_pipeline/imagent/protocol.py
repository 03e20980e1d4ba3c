"""Reads a turn of the model: an optional thought, then exactly one action.

``<tool_call>{"name": …, "arguments": {…}}</tool_call>`` or ``<answer>…</answer>``
"""

import json
import math
import re
from itertools import islice
from typing import Any, Final

from mifg_pipeline.imagent.action import Action, Answer, InvalidAction, NoAction, ToolCall, ToolName
from mifg_pipeline.imagent.messages import error_text

ARGUMENTS: Final[dict[ToolName, tuple[str, ...]]] = {
    "visual_reflection": ("image",),
    "visual_confirmation": ("image", "bbox_2d"),
}
"""The tools with their arguments, all of which have to be given."""

_TAG = re.compile(r"<(/?)(tool_call|answer)>")
_ATTEMPT = re.compile(r"<\s*(?:tool_call|answer)", re.IGNORECASE | re.ASCII)


def parse_turn(text: str, images: int, *, tools: bool = True) -> Action:
    """What a turn does. Never raises, and takes time linear in the length of the text.

    What follows the first ``</think>`` counts; what stands before it is the thought, whatever tags are in it. A text
    with ``<think>`` and no ``</think>`` does nothing. In what counts stand the tags of exactly one action, in lower
    case; other text around them is ignored. More opening tags, or anything else that begins like one, make the turn
    invalid. So does a call that is anything but a JSON object with its two keys, the name of a tool and all of its
    arguments, no others and none twice. An image is a whole number without a decimal point, and a place is four
    numbers; whether it lies in the image is not decided here.

    Args:
        text: Of the turn, without its end token.
        images: Number of question images.
        tools: Whether the model has tools.
    """
    thought, closing, rest = text.partition("</think>")
    if not closing:
        if "<think>" in text:
            return NoAction()
        rest = thought
    attempts = list(islice(_ATTEMPT.finditer(rest), 2))
    if not attempts:
        return NoAction()
    if len(attempts) > 1:
        return _invalid("several", tools=tools)
    tags = list(islice(_TAG.finditer(rest), 3))
    if [tag[1] for tag in tags] != ["", "/"] or tags[0][2] != tags[1][2]:
        return _invalid("malformed", tools=tools)
    content = rest[tags[0].end() : tags[1].start()]
    if tags[0][2] == "answer":
        return Answer(content.strip())
    return _parse_call(content, images) if tools else _invalid("no_tools")


def _parse_call(content: str, images: int) -> ToolCall | InvalidAction:
    try:
        call = json.loads(content, object_pairs_hook=_distinct)
    except (ValueError, RecursionError):
        return _invalid("not_json")
    if not isinstance(call, dict) or call.keys() != {"name", "arguments"}:
        return _invalid("not_a_call")
    tool = next((name for name in ARGUMENTS if name == call["name"]), None)
    if tool is None:
        return _invalid("unknown_tool", tools=list(ARGUMENTS))
    arguments = call["arguments"]
    if not isinstance(arguments, dict) or arguments.keys() != set(ARGUMENTS[tool]):
        return _invalid("arguments", tool=tool, arguments=ARGUMENTS[tool])
    image = arguments["image"]
    # A boolean is an int to Python, and none to JSON.
    if type(image) is not int or not 1 <= image <= images:
        return _invalid("unknown_image", images=images)
    if tool == "visual_reflection":
        return ToolCall(tool, image - 1)
    place = _place(arguments["bbox_2d"])
    return ToolCall(tool, image - 1, place) if place else _invalid("no_place")


def _place(value: Any) -> tuple[float, float, float, float] | None:
    """Four numbers, infinite where they are too large for a float; None for anything else."""
    if not isinstance(value, list) or len(value) != 4 or not all(type(number) in (int, float) for number in value):
        return None
    x0, y0, x1, y1 = map(_as_float, value)
    return x0, y0, x1, y1


def _as_float(number: int | float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key stands twice")
    return fields


def _invalid(reason: str, **variables: object) -> InvalidAction:
    return InvalidAction(reason, error_text(reason, **variables))
