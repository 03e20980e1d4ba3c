"""``mifg check``: verifies a finished dataset again."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mifg_pipeline.dataset.check import DatasetReport

_SHOWN = 20
"""Problems that are listed."""


def check(
    dataset: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `mifg export` wrote, or a copy of it.")],
    require_license: Annotated[
        bool, typer.Option("--require-license", help="An image of unknown licence is a problem.")
    ] = False,
) -> None:
    """Verify a dataset again from its files alone: hashes, splits, licences, and the score of every key.

    Exits with 1 if a promise is broken.
    """
    from rich.console import Console

    from mifg_pipeline.dataset.check import check_dataset

    with Console(stderr=True).status("Checking …") as line:
        report = check_dataset(
            dataset, require_license=require_license, on_row=lambda rows: line.update(f"Checking … {rows} rows")
        )
    print_report(report)
    raise typer.Exit(1 if report.problems else 0)


def print_report(report: "DatasetReport") -> None:
    """Prints the promises with how often each is broken, the first problems, and what the dataset holds."""
    from collections import Counter

    from rich.table import Table

    from mifg_pipeline.cli.output import results
    from mifg_pipeline.dataset.problems import PROMISES

    broken = Counter(problem.kind for problem in report.problems)
    table = Table("promise", "broken", box=None, pad_edge=False)
    for kind, promise in PROMISES.items():
        table.add_row(promise, f"{broken[kind]:,}")
    results().print(table)
    for problem in report.problems[:_SHOWN]:
        typer.echo(f"problem: {problem.place}: {problem.reason}")
    if len(report.problems) > _SHOWN:
        typer.echo(f"… and {len(report.problems) - _SHOWN} more problems")
    splits = ", ".join(f"{pool} {rows}" for pool, rows in report.splits.items())
    typer.echo(
        f"{report.rows} rows ({splits}) with {report.images} images; {report.verified} verified by people, "
        f"{report.unlicensed} with an image of unknown licence"
    )
