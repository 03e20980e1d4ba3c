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

sys.path.append(str(Path(__file__).parent.parent / "tests" / "support"))

from key_check import KeyCheck
from wrong_keys import Line, with_wrong_key


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
    known = [line for line in lines if KeyCheck.knows(line["provenance"]["writer"])]
    unknown = Counter(writer for line in lines if not KeyCheck.knows(writer := line["provenance"]["writer"]))
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
