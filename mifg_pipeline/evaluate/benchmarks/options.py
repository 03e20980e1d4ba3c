"""Reads the options of a question out of the forms in which benchmarks write them."""

import re
from collections.abc import Sequence

from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import OPTION_LETTERS, Answer

_LABEL = re.compile(r"\s*\(?([A-Z])[).:](?:\s+|$)")
_MARK = "<image>"


def choice(options: Sequence[str], key: str, place: str) -> tuple[tuple[str, ...], Answer]:
    """Options and key of a multiple-choice question.

    Args:
        options: Their texts, without labels.
        key: The right one's letter, plain or in round brackets.
        place: Names the question in an error.

    Raises:
        MifgError: If the key is none of the options' letters.
    """
    letter = key.strip().strip("()").upper()
    letters = OPTION_LETTERS[: len(options)]
    if len(letter) != 1 or letter not in letters or len(options) < 2:
        raise MifgError(
            f"{place}: the key {key!r} is none of its {len(options)} options.",
            "Give files that come with their keys, as they are published.",
        )
    return tuple(options), Answer(kind="choice", value=letter)


def without_label(option: str) -> str:
    """The text of an option that is written with its letter: "(A) red", "A. red", "A: red"."""
    label = _LABEL.match(option)
    return option[label.end() :].strip() if label else option.strip()


def split_labelled(text: str) -> tuple[str, list[str]]:
    """What stands before the first labelled line, and the texts of the labelled lines from A on.

    A line that has no label continues the option before it.
    """
    head: list[str] = []
    options: list[str] = []
    for line in text.splitlines():
        label = _LABEL.match(line)
        if label and ord(label[1]) - ord("A") == len(options):
            options.append(line[label.end() :].strip())
        elif options:
            options[-1] = f"{options[-1]}\n{line.strip()}".strip()
        else:
            head.append(line)
    return "\n".join(head).strip(), options


def number_marks(text: str, options: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Names the images that stand in question and options by their numbers, in reading order."""
    count = 0

    def name(_: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return f"[Image {count}]"

    named = [re.sub(_MARK, name, part) for part in (text, *options)]
    return named[0].strip(), tuple(named[1:])
