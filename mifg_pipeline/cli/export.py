"""``mifg export``: a dataset from what people verified."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from mifg_pipeline.errors import MifgError
    from mifg_pipeline.export import Figures, Selection
    from mifg_pipeline.export.formats import FormatName

_PROBLEMS_SHOWN = 20


def export(
    run: Annotated[Path, typer.Argument(help="Run folder that `mifg generate` made.")],
    out: Annotated[Path, typer.Option(help="Folder for the dataset; an earlier export in it is replaced.")],
    formats: Annotated[
        str,
        typer.Option(
            "--format",
            help="hf: a Hugging Face dataset, which is always written. Beside it, separated by commas: verl, trl, "
            "sharegpt (LLaVA-NeXT, LLaMA-Factory), vlmevalkit, lmms-eval.",
        ),
    ] = "hf",
    status: Annotated[
        Literal["verified", "candidate"],
        typer.Option(help="verified: items that people accepted; candidate: all items, which nobody may have seen."),
    ] = "verified",
    corpus: Annotated[Path | None, typer.Option(help="Where the run's corpus lies, if it has moved.")] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(help="Dataset or image folder; items with an image of which it holds a copy are withheld."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Say what would be written, and write nothing.")] = False,
    require_license: Annotated[
        bool, typer.Option("--require-license", help="Refuse items with an image of unknown licence.")
    ] = False,
    skip: Annotated[
        bool, typer.Option("--skip", help="Leave out items with a problem, of all formats or of one, and name them.")
    ] = False,
) -> None:
    """Write a dataset from the items of a run."""
    from rich.console import Console

    from mifg_pipeline.export import Selection, Terms, check_export, export_dataset

    terms = Terms(_format_names(formats), require_license, skip)
    with Console(stderr=True).status("Reading …") as line:
        selection = Selection.open(run, status, corpus)
        if against:
            selection = selection.against(against, lambda images: line.update(f"Comparing … {images} images"))
        if check:
            report = check_export(selection, out, terms)
        else:
            report = export_dataset(selection, out, terms, on_row=lambda rows: line.update(f"Exporting … {rows} rows"))
    _print_figures(report.figures)
    _print_withheld(selection)
    _print_problems("left out", report.left_out)
    if check:
        _print_problems("problem", report.refused_for)
        typer.echo(f"{len(report.refused_for)} problems; nothing was written")
        raise typer.Exit(1 if report.refused_for else 0)
    if status == "candidate":
        typer.echo("Unverified: nobody has checked these items.")
    typer.echo(f"Dataset: {out}")


def _format_names(text: str) -> "tuple[FormatName, ...]":
    """The formats beside ``hf``."""
    from mifg_pipeline.export.formats import FORMATS

    names = {name.strip() for name in text.split(",")} - {"hf"}
    unknown = sorted(names - FORMATS.keys())
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is none of hf, {', '.join(FORMATS)}.", param_hint="--format")
    return tuple(name for name in FORMATS if name in names)


def _print_figures(figures: "Figures") -> None:
    for pool, size in sorted(figures.splits.items()):
        typer.echo(f"{pool}: {size.rows} rows, {size.image_bytes / 1e6:.1f} MB of images")
    for license_name, count in sorted(figures.licenses().items()):
        typer.echo(f"licence {license_name}: {count} source images")
    if figures.unlicensed_rows:
        typer.echo(f"unknown licence: {figures.unlicensed_rows} of {figures.rows} rows show such an image")


def _print_withheld(selection: "Selection") -> None:
    for dataset, count in sorted(selection.withheld().items()):
        typer.echo(f"withheld: {count} items with an image of which {dataset} holds a copy")
    copies = selection.copies
    for dataset, count in copies.compared.items():
        typer.echo(f"compared: {count} images of {dataset}")
        if passed_over := copies.passed_over[dataset]:
            typer.echo(f"not compared in {dataset}: {passed_over}")
    if copies.undecodable:
        example = copies.first_undecodable
        typer.echo(f"compared by bytes alone: {copies.undecodable} that cannot be decoded as images, such as {example}")


def _print_problems(what: str, problems: "list[MifgError]") -> None:
    for problem in problems[:_PROBLEMS_SHOWN]:
        typer.echo(f"{what}: {problem}")
    hidden = len(problems) - _PROBLEMS_SHOWN
    if hidden > 0:
        typer.echo(f"{what}: … and {hidden} more")
