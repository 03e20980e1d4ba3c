"""What the rows of a published file must hold: columns by name, each with the kind of its values."""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Final

from mifg_pipeline.errors import MifgError


class Kind(Enum):
    """What a column holds; the value is how an error says it."""

    ANY = "anything"
    TEXT = "a text"
    TEXT_OR_NOTHING = "a text or nothing"
    TEXTS = "a list of texts"
    TEXTS_OR_NOTHING = "a list of texts or nothing"

    def fits(self, value: object) -> bool:
        """Whether a value is of this kind."""
        match self:
            case Kind.ANY:
                return True
            case Kind.TEXT:
                return isinstance(value, str)
            case Kind.TEXT_OR_NOTHING:
                return value is None or isinstance(value, str)
            case Kind.TEXTS:
                return isinstance(value, list) and all(isinstance(element, str) for element in value)
            case Kind.TEXTS_OR_NOTHING:
                return value is None or Kind.TEXTS.fits(value)


Layout = Mapping[str, Kind]
"""Columns that must be there."""

_REMEDY: Final = "Give the files in the layout that docs/eval_benchmarks.md names for this benchmark."
_SHOWN: Final = 60
"""Characters of a wrong value that an error shows."""


def check_columns(place: str, needed: Iterable[str], present: Iterable[str]) -> None:
    """Refuses a file of another layout.

    Raises:
        MifgError: If columns are missing; it names them and those that are there.
    """
    there = set(present)
    missing = [name for name in needed if name not in there]
    if missing:
        has = ", ".join(sorted(there)) or "nothing"
        raise MifgError(f"{place} lacks {', '.join(missing)}; it has {has}.", _REMEDY)


def check_row(place: str, layout: Layout, row: Any) -> None:
    """Refuses a row with columns missing, or values of another kind.

    Raises:
        MifgError: If it is one; it names the first such column and what it holds.
    """
    if not isinstance(row, Mapping):
        raise MifgError(f"{place} is no object with fields, but {_shown(row)}.", _REMEDY)
    check_columns(place, layout, row)
    for name, kind in layout.items():
        if not kind.fits(row[name]):
            raise MifgError(f"{place}: {name} is {_shown(row[name])}, and not {kind.value}.", _REMEDY)


def _shown(value: object) -> str:
    if value is None:
        return "empty"
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
