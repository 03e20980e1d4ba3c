"""``mifg review label-studio``: items go to Label Studio, annotations come back as a review file."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Exchange items and decisions with Label Studio.", no_args_is_help=True)

_RunArgument = Annotated[Path, typer.Argument(help="Run folder that `mifg generate` made.")]


@app.command("export")
def export_command(
    run: _RunArgument,
    out: Annotated[Path, typer.Option(help="The tasks (JSON); the labeling configuration goes beside it (.xml).")],
    prefix: Annotated[
        str, typer.Option(help="What Label Studio puts before the paths of images, which are relative to FILE.")
    ] = "/data/local-files/?d=",
    corpus: Annotated[Path | None, typer.Option(help="Where the run's corpus lies, if it has moved.")] = None,
) -> None:
    """Write all candidates as Label Studio tasks: evidence as predictions, decisions as annotations."""
    from mifg_pipeline.review.exchange import export_tasks
    from mifg_pipeline.store import RunFolder

    tasks = export_tasks(RunFolder.open(run), out, prefix, corpus)
    typer.echo(f"Wrote {tasks} tasks into {out}, and {out.with_suffix('.xml').name} for the project's settings.")


@app.command("import")
def import_command(
    run: _RunArgument,
    file: Annotated[Path, typer.Argument(help="What Label Studio exported, as JSON.")],
    out: Annotated[Path, typer.Option(help="The review file to write, for `mifg review submit`.")],
) -> None:
    """Write the annotations of a Label Studio export as a review file.

    Exits 1 if any annotation is refused. The others are written all the same.
    """
    from mifg_pipeline.review.exchange import import_annotations
    from mifg_pipeline.store import RunFolder

    written, refused = import_annotations(RunFolder.open(run), file, out)
    for refusal in refused:
        typer.echo(f"{file}, task {refusal.number}: {refusal.problem}", err=True)
    typer.echo(f"Wrote {written} decisions into {out}, {len(refused)} refused; submit it next.")
    raise typer.Exit(1 if refused else 0)
