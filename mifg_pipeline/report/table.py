"""A table of figures, as terminals and pages show it."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table as TerminalTable
from rich.text import Text


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


def print_tables(tables: Sequence[Table], console: Console) -> None:
    """Prints tables one below the other."""
    for table in tables:
        console.print(Text(table.title, style="bold"))
        shown = TerminalTable(box=None, pad_edge=False)
        for index, heading in enumerate(table.headings):
            shown.add_column(Text(heading), justify="right" if index else "left")
        for row in table.rows:
            shown.add_row(*map(Text, row))
        console.print(shown)
        console.print()
