"""Prints the status of a review for people."""

import typer
from rich.console import Console
from rich.table import Column, Table

from mifg_pipeline.store.review_status import Agreement, Prediction, ReviewStatus

MOST_PREDICTIONS = 8
"""Figures of gates that are shown, the best first; ``--json`` has all."""


def print_review_status(status: ReviewStatus) -> None:
    """Prints how far the review is, and how good."""
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
    if status.agreement.items:
        _print_agreement(status.agreement)
    if status.predictions:
        Console().print(_prediction_table(status.predictions[:MOST_PREDICTIONS]))


def _annotator_table(status: ReviewStatus) -> Table:
    names = ("accepted", "edited", "rejected", "flagged", "skipped", "open")
    table = Table(Column("annotator", overflow="fold"), box=None, padding=(0, 1, 0, 0))
    for name in (*names, "accept", "s/item", "gold"):
        table.add_column(name, justify="right")
    for annotator in status.annotators:
        rate, seconds, gold = annotator.accept_rate, annotator.median_seconds, annotator.gold_accuracy
        table.add_row(
            annotator.annotator,
            *(str(getattr(annotator, name)) for name in names),
            "–" if rate is None else f"{rate:.0%}",
            "–" if seconds is None else f"{seconds:.1f}",
            "settles" if annotator.adjudicates else "–" if gold is None else f"{gold:.0%} of {annotator.gold}",
        )
    return table


def _print_agreement(agreement: Agreement) -> None:
    note = " (all decisions are the same)" if agreement.one_decision else ""
    typer.echo(
        f"\nAgreement on {agreement.items} items that two or more decided: {agreement.raw:.0%} of pairs, "
        f"Krippendorff's alpha {agreement.alpha:.2f}{note}"
    )
    for kappa in agreement.kappas:
        first, second = kappa.annotators
        typer.echo(f"  {first} and {second}: Cohen's kappa {kappa.kappa:.2f} on {kappa.items} items")


def _prediction_table(predictions: tuple[Prediction, ...]) -> Table:
    table = Table("gate", "figure", box=None, padding=(0, 1, 0, 0), title="What foretold faults", title_justify="left")
    for name in ("items", "faults", "AUC"):
        table.add_column(name, justify="right")
    for found in predictions:
        table.add_row(found.gate, found.figure, str(found.items), str(found.faults), f"{found.auc:.2f}")
    return table
