"""Finds the files of a benchmark, and reads its questions and images that lie beside each other."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from mifg_pipeline.errors import MifgError
from mifg_pipeline.imagent.question import QuestionImage

_NAMED = 5
"""Missing files that an error names."""


def find_files(path: Path, patterns: Sequence[str]) -> list[Path]:
    """The file itself, or those of a folder that fit the first pattern which any fits.

    Raises:
        MifgError: If there are none.
    """
    if path.is_file():
        return [path]
    for pattern in patterns:
        found = sorted(path.glob(pattern))
        if found:
            return found
    raise MifgError(
        f"{path} has no {' and no '.join(patterns)}.", "Give the folder that the benchmark was downloaded to."
    )


def load_json(file: Path) -> Any:
    """What a JSON file says.

    Raises:
        MifgError: If it is none.
    """
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise MifgError(f"{file} cannot be read as JSON: {error}.", "Download it again.") from error


def load_questions(file: Path) -> list[Any]:
    """The questions that a JSON file lists.

    Raises:
        MifgError: If it is no list.
    """
    questions = load_json(file)
    if not isinstance(questions, list):
        raise MifgError(f"{file} is no list of questions.", "Give the file as it is published.")
    return questions


def require_files(paths: Iterable[Path]) -> None:
    """Looks whether images are there before anything is asked.

    Raises:
        MifgError: If files are missing; it names the first ones.
    """
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        named = ", ".join(missing[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
        raise MifgError(f"{len(missing)} images are missing: {named}.", "Download and unpack the images as well.")


def images_of(paths: Sequence[Path]) -> Callable[[], tuple[QuestionImage, ...]]:
    """Reads images from their files."""
    return lambda: tuple(map(QuestionImage.of_file, paths))
