"""`mifg compare`: which of two evaluated models is better, on the same questions."""

from pathlib import Path
from typing import Annotated

import typer

from mifg_pipeline.cli.output import results


def compare(
    first: Annotated[Path, typer.Argument(help="Folder that `mifg eval` wrote.", show_default=False)],
    second: Annotated[Path, typer.Argument(help="Folder of another evaluation of the same items.")],
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Compare two evaluations on the same items."""
    from mifg_pipeline.evaluate.compare import compare as compare_folders
    from mifg_pipeline.evaluate.compare import comparison_tables
    from mifg_pipeline.evaluate.run import EvaluationFolder
    from mifg_pipeline.report.table import print_tables

    comparison = compare_folders(EvaluationFolder(first), EvaluationFolder(second))
    if json:
        typer.echo(comparison.model_dump_json(indent=2))
        return
    console = results()
    console.print(
        f"first   {first}: {comparison.first}\nsecond  {second}: {comparison.second}\n", highlight=False, markup=False
    )
    print_tables(comparison_tables(comparison), console)
