"""Text by strangers (captions, what models read in images) on its way into a prompt: as data, kept in its block."""

import json
import re
import unicodedata

from pydantic import JsonValue

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_MARKS = frozenset("`<>[]{}|")
"""What fences, chat templates and placeholders of images are made of."""

_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def fenced_json(value: JsonValue) -> str:
    """The value as a fenced block of JSON that its strings cannot close.

    Within strings, backquotes, brackets, angles and bars are written as JSON escapes, as are characters that people do
    not see: a string can hold neither the end of the block, nor a control token of a chat template, nor hidden text.
    A JSON parser gives back the very same value.
    """
    text = _STRING.sub(lambda string: "".join(map(_escaped, string[0])), json.dumps(value, ensure_ascii=False))
    return f"```json\n{text}\n```"


def shortened(text: str, most: int) -> str:
    """The text on one line, cut to a number of characters; what cannot be written down becomes a question mark."""
    line = " ".join(text.encode("utf-8", "replace").decode().split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _escaped(char: str) -> str:
    if char not in _MARKS and unicodedata.category(char) not in _UNSEEN:
        return char
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[start : start + 2].hex()}" for start in range(0, len(units), 2))
