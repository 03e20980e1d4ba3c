"""A table of figures, as terminals and pages show it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Figures in rows; the first column is words.

    Attributes:
        title: Above it.
        headings: Of the columns.
        rows: Cells, as they are shown.
    """

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
