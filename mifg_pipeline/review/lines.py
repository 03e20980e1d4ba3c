"""Reads a review file line by line; what cannot be read is reported with its number."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from pydantic import ValidationError

from mifg_pipeline.errors import MifgError
from mifg_pipeline.review.records import ReviewLine
from mifg_pipeline.store.review_records import validation_problems

MAX_LINE_BYTES: Final = 1 << 20
"""Longer lines are refused unread."""


@dataclass(frozen=True)
class Refusal:
    """A line of which nothing is taken.

    Attributes:
        number: The line's number, from 1.
        problem: What is wrong with it, and what to do.
    """

    number: int
    problem: str


def read_lines(path: Path) -> Iterator[tuple[int, ReviewLine | Refusal]]:
    """The lines of a review file with their numbers; blank lines are left out.

    Raises:
        MifgError: If the file cannot be read.
    """
    for number, content in bounded_lines(path):
        if content is None:
            yield number, Refusal(number, f"The line is longer than {MAX_LINE_BYTES} bytes; no item needs as much.")
        else:
            yield number, _parsed(number, content)


def bounded_lines(path: Path) -> Iterator[tuple[int, bytes | None]]:
    """The lines of a file with their numbers, without a byte order mark and blank lines; None for one that is too long.

    Never holds more than one line's limit.

    Raises:
        MifgError: If the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            yield from ((number, content) for number, content in _numbered(file) if content is None or content.strip())
    except OSError as error:
        raise MifgError(f"Cannot read {path}: {error.strerror}.", "Name a file that you may read.") from error


def _numbered(file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    number = 0
    while content := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(content) <= MAX_LINE_BYTES:
            yield number, content.removeprefix(b"\xef\xbb\xbf") if number == 1 else content
            continue
        while content and not content.endswith(b"\n"):
            content = file.readline(MAX_LINE_BYTES)
        yield number, None


def _parsed(number: int, content: bytes) -> ReviewLine | Refusal:
    try:
        return ReviewLine.model_validate(json.loads(content.decode("utf-8"), object_pairs_hook=_unique_keys))
    except UnicodeDecodeError:
        return Refusal(number, "The line is not UTF-8. Save the file in that encoding.")
    except json.JSONDecodeError as error:
        return Refusal(number, f"The line is not JSON: {error.msg} at column {error.colno}.")
    except RecursionError:
        return Refusal(number, "The line is nested too deeply to be a review line.")
    except ValidationError as error:
        return Refusal(number, f"The line does not fit: {validation_problems(error)}.")
    except ValueError as error:
        return Refusal(number, f"The line does not fit: {error}.")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object, unless a key stands in it twice: a decision typed beside the empty one must not be lost."""
    content = dict(pairs)
    if len(content) < len(pairs):
        ((repeated, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the field {repeated[:80]!r} is there twice")
    return content
