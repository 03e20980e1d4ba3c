"""Where results go: standard output, wide enough for tables where nobody's window sets the width."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_FILE_WIDTH = 120


def results() -> "Console":
    """A console on standard output."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=_FILE_WIDTH)
