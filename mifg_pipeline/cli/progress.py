"""Progress of work that is counted, on standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer


@contextmanager
def counted(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, or a line for every tenth without a terminal.

    Args:
        what: What is counted, in the plural with its participle ("images read").

    Yields:
        A function that takes how many are done, and how many there are.
    """
    if not sys.stderr.isatty():
        yield lambda done, total: _print_tenths(what, done, total)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print_tenths(what: str, done: int, total: int) -> None:
    if done * 10 // total > (done - 1) * 10 // total:
        typer.echo(f"{done} of {total} {what}", err=True)
