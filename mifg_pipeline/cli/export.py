"""``mifg export``: a dataset from what people verified."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from mifg_pipeline.export import CheckReport, Figures

_PROBLEMS_SHOWN = 20


def export(
    run: Annotated[Path, typer.Argument(help="Run folder that `mifg generate` made.")],
    out: Annotated[Path, typer.Option(help="Folder for the dataset; an earlier export in it is replaced.")],
    format: Annotated[Literal["hf"], typer.Option(help="hf: a Hugging Face dataset.")] = "hf",  # noqa: A002, ARG001
    status: Annotated[
        Literal["verified", "candidate"],
        typer.Option(help="verified: items that people accepted; candidate: all items, which nobody may have seen."),
    ] = "verified",
    corpus: Annotated[Path | None, typer.Option(help="Where the run's corpus lies, if it has moved.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Say what would be written, and write nothing.")] = False,
    require_license: Annotated[
        bool, typer.Option("--require-license", help="Refuse items with an image of unknown licence.")
    ] = False,
) -> None:
    """Write a dataset from the items of a run."""
    from rich.console import Console

    from mifg_pipeline.export import Selection, check_export, export_dataset

    selection = Selection.open(run, status, corpus)
    if check:
        report = check_export(selection, out, require_license=require_license)
        _print_figures(report.figures)
        _print_problems(report)
        raise typer.Exit(1 if report.problems else 0)
    with Console(stderr=True).status("Exporting …") as line:
        figures = export_dataset(
            selection,
            out,
            require_license=require_license,
            on_row=lambda rows: line.update(f"Exporting … {rows} rows"),
        )
    _print_figures(figures)
    if status == "candidate":
        typer.echo("Unverified: nobody has checked these items.")
    typer.echo(f"Dataset: {out}")


def _print_figures(figures: "Figures") -> None:
    for pool, size in sorted(figures.splits.items()):
        typer.echo(f"{pool}: {size.rows} rows, {size.image_bytes / 1e6:.1f} MB of images")
    for license_name, count in sorted(figures.licenses().items()):
        typer.echo(f"licence {license_name}: {count} source images")
    if figures.unlicensed_rows:
        typer.echo(f"unknown licence: {figures.unlicensed_rows} of {figures.rows} rows show such an image")


def _print_problems(report: "CheckReport") -> None:
    for problem in report.problems[:_PROBLEMS_SHOWN]:
        typer.echo(f"problem: {problem}")
    hidden = len(report.problems) - _PROBLEMS_SHOWN
    if hidden > 0:
        typer.echo(f"… and {hidden} more problems")
    typer.echo(f"{len(report.problems)} problems; nothing was written")
