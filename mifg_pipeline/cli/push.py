"""``mifg push``: publishes an exported dataset."""

from pathlib import Path
from typing import Annotated

import typer


def push(
    dataset: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `mifg export` wrote.")],
    repository: Annotated[str, typer.Argument(help="Name on the Hugging Face hub: owner/name.")],
    private: Annotated[bool, typer.Option("--private", help="Make the repository private, if it is new.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, say what would be published, and stop.")] = False,
) -> None:
    """Check a dataset and publish it on the Hugging Face hub."""
    from mifg_pipeline.dataset.push import plan_push
    from mifg_pipeline.dataset.push import push as publish

    plan = plan_push(dataset, repository)
    report = plan.report
    for pool, rows in report.splits.items():
        typer.echo(f"{pool}: {rows} rows")
    typer.echo(f"beside them: {', '.join(dict.fromkeys(name.partition('/')[0] for name in plan.beside))}")
    if report.verified < report.rows:
        typer.echo(f"Unverified: nobody has checked {report.rows - report.verified} of these items.")
    if report.unlicensed:
        typer.echo(f"Unknown licence: {report.unlicensed} rows show such an image.")
    if dry_run:
        typer.echo(f"Nothing was published; without --dry-run this goes to {repository}.")
        return
    typer.echo(f"Published: {publish(plan, private=private)}")
