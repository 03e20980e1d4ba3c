"""Checks all keys of a run by the independent check of the tests, in several processes."""

import json
import multiprocessing
import os
import random
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent.parent / "tests" / "support"))

from key_check import KeyCheck

LETTERS = "ABCDEFGHIJ"

Line = dict[str, Any]


@dataclass(frozen=True)
class KeysFound:
    """What the check found.

    Attributes:
        answered: Items that it answered.
        wrong: Writer, id and reason of each item whose key it does not agree with, or that it cannot answer.
        planted: Items in which a wrong key was planted.
        found: How many of these it does not agree with.
        unknown: Question forms that it does not know, with the number of their items.
    """

    answered: int
    wrong: list[str]
    planted: int
    found: int
    unknown: Counter[str]


def check_keys(corpus: Path, run: Path, planted: int) -> KeysFound:
    """Answers every item of a run, and then items in which wrong keys were planted.

    Args:
        corpus: Folder with the images and their annotations.
        run: Run folder.
        planted: How many wrong keys to plant, where there are so many items.
    """
    lines = [json.loads(line) for line in (run / "candidates.jsonl").open(encoding="utf-8")]
    known = [line for line in lines if _method(line)]
    unknown = Counter(line["provenance"]["writer"] for line in lines if not _method(line))
    rng = random.Random(1)
    changed = [with_wrong_key(line, rng) for line in rng.sample(known, min(planted, len(known)))]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), context, _open_check, (corpus, run)) as pool:
        faults = [
            f"{line['provenance']['writer']} {line['id']}: {fault}"
            for line, fault in zip(known, pool.map(_fault, known, chunksize=20), strict=True)
            if fault
        ]
        found = sum(fault == DISAGREES for fault in pool.map(_fault, changed, chunksize=20))
    return KeysFound(len(known), faults, len(changed), found, unknown)


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


DISAGREES = "the check answers otherwise"

_check: KeyCheck


def _open_check(corpus: Path, run: Path) -> None:
    global _check
    _check = KeyCheck(corpus, run)


def _fault(line: Line) -> str:
    """Why the check does not agree with the key; empty where it does."""
    try:
        return "" if _check.agrees(line) else DISAGREES
    except (AssertionError, LookupError, ValueError) as error:
        return f"the check cannot answer: {type(error).__name__}: {error}"


def _method(line: Line) -> bool:
    """Whether the check knows the question form of an item."""
    return hasattr(KeyCheck, "_" + line["provenance"]["writer"].replace("/", "_").replace("-", "_"))
