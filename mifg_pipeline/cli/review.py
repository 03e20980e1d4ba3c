"""``mifg review``: review files for annotators, their decisions, and how far they are."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from mifg_pipeline.review import ReviewStatus, Submission

app = typer.Typer(help="Have people verify candidates, by files.", no_args_is_help=True)

_RunArgument = Annotated[Path, typer.Argument(help="Run folder that `mifg generate` made.")]


@app.command("pack")
def pack_command(
    run: _RunArgument,
    annotator: Annotated[str, typer.Option(help="Who will fill the file in: letters, digits, '_', '-' and '.'.")],
    out: Annotated[Path, typer.Option(help="The review file, one line per item.")],
    count: Annotated[int | None, typer.Option(help="Most items to pack; all unless given.", min=1)] = None,
    corpus: Annotated[Path | None, typer.Option(help="Where the run's corpus lies, if it has moved.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE even if somebody filled it in.")] = False,
) -> None:
    """Write a review file with the items that an annotator has yet to decide."""
    from mifg_pipeline.review import pack
    from mifg_pipeline.store import RunFolder

    packed = pack(RunFolder.open(run), annotator, out, count=count, moved_corpus=corpus, overwrite=force)
    if packed.items:
        typer.echo(f"Packed {packed.items} items into {out}; {packed.left} more are left for {annotator}.")
    else:
        typer.echo(f"Nothing is left for {annotator}; no file was written.")


@app.command("submit")
def submit_command(
    run: _RunArgument,
    file: Annotated[Path, typer.Argument(help="A review file that somebody filled in.")],
) -> None:
    """Store the decisions of a review file; submitting it again changes nothing.

    Exits 1 if any line is refused. The other lines are stored all the same.
    """
    from mifg_pipeline.review import submit
    from mifg_pipeline.store import RunFolder

    submission = submit(RunFolder.open(run), file, datetime.now(UTC))
    refused = submission.checked.refused
    for refusal in refused:
        typer.echo(f"{file}, line {refusal.number}: {refusal.problem}", err=True)
    _print_stored(submission)
    typer.echo(
        f"{submission.stored} stored, {submission.unchanged} unchanged, "
        f"{submission.checked.open} open, {len(refused)} refused"
    )
    raise typer.Exit(1 if refused else 0)


@app.command("status")
def status_command(
    run: _RunArgument,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how far the review is."""
    from mifg_pipeline.review import review_status
    from mifg_pipeline.store import RunFolder

    status = review_status(RunFolder.open(run))
    if json:
        typer.echo(status.model_dump_json(indent=2))
    else:
        _print_status(status)


def _print_stored(submission: "Submission") -> None:
    from collections import Counter

    for annotator, appended in submission.appended.items():
        decisions = Counter(event.decision for event in appended.events)
        if decisions:
            counts = ", ".join(f"{count} {decision}" for decision, count in sorted(decisions.items()))
            typer.echo(f"{annotator}: {counts}")
        if appended.torn:
            typer.echo(
                f"The log of {annotator} ended in an unfinished line ({len(appended.torn)} bytes), left by a crash. "
                f"It was moved to review/{annotator}.jsonl.torn.",
                err=True,
            )


def _print_status(status: "ReviewStatus") -> None:
    from rich.console import Console

    done = status.items - status.open
    typer.echo(
        f"{done} of {status.items} items decided: {status.verified} verified, {status.rejected} rejected, "
        f"{status.flagged} flagged, {status.disagreement} in disagreement"
    )
    if status.annotators:
        Console().print(_annotator_table(status))
    for annotator in status.annotators:
        if annotator.stale:
            typer.echo(f"{annotator.annotator}: {annotator.stale} decisions do not count, their items have changed")
        if annotator.torn:
            typer.echo(f"{annotator.annotator}: the log ends in an unfinished line, which the next submit sets aside")


def _annotator_table(status: "ReviewStatus") -> "Table":
    from rich.table import Column, Table

    names = ("accepted", "edited", "rejected", "flagged", "skipped", "open")
    table = Table(Column("annotator", overflow="fold"), box=None, padding=(0, 1, 0, 0))
    for name in (*names, "accept rate", "s/item"):
        table.add_column(name, justify="right")
    for annotator in status.annotators:
        rate, seconds = annotator.accept_rate, annotator.median_seconds
        table.add_row(
            annotator.annotator,
            *(str(getattr(annotator, name)) for name in names),
            "–" if rate is None else f"{rate:.0%}",
            "–" if seconds is None else f"{seconds:.1f}",
        )
    return table
