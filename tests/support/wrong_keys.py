"""Plants wrong keys in items, to see whether a check finds them."""

import random
from typing import Any

LETTERS = "ABCDEFGHIJ"

Line = dict[str, Any]
"""A line of candidates.jsonl."""


def with_wrong_key(line: Line, rng: random.Random) -> Line:
    """The item with another answer of the same kind."""
    value = line["answer"]["value"]
    match line["answer"]["kind"]:
        case "choice":
            value = rng.choice([letter for letter in LETTERS[: len(line["options"])] if letter != value])
        case "integer":
            value += rng.choice((-1, 1))
        case "list":
            value = _other_list(value, len(line["images"]), rng)
        case "text":
            value = _other_text(value, rng)
        case kind:
            raise ValueError(f"no wrong key is known for the kind {kind}")
    return {**line, "answer": {**line["answer"], "value": value}}


def _other_list(numbers: list[str], images: int, rng: random.Random) -> list[str]:
    """A list that differs in one place, or in two that are exchanged where all images are named."""
    others = sorted({str(image) for image in range(1, images + 1)} - set(numbers))
    place, second = rng.sample(range(len(numbers)), 2)
    changed = list(numbers)
    if others:
        changed[place] = rng.choice(others)
    else:
        changed[place], changed[second] = changed[second], changed[place]
    return changed


def _other_text(text: str, rng: random.Random) -> str:
    """The text with one character replaced by another of its kind."""
    place = rng.randrange(len(text))
    alphabet = "23456789" if text[place].isdigit() else "ACEFHKLMNPRTUVWXY"
    return text[:place] + rng.choice([sign for sign in alphabet if sign != text[place]]) + text[place + 1 :]
