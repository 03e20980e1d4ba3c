"""``mifg review``: the page and the files for annotators, their decisions, the rules, and how far they are."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mifg_pipeline.cli.label_studio import app as label_studio_app

if TYPE_CHECKING:
    from mifg_pipeline.store.events import Appended

app = typer.Typer(help="Have people verify candidates, on a page or by files.", no_args_is_help=True)
app.add_typer(label_studio_app, name="label-studio")

_RunArgument = Annotated[Path, typer.Argument(help="Run folder that `mifg generate` made.")]


@app.command("pack")
def pack_command(
    run: _RunArgument,
    annotator: Annotated[str, typer.Option(help="Who will fill the file in: letters, digits, '_', '-' and '.'.")],
    out: Annotated[Path | None, typer.Option(help="The review file, one line per item.")] = None,
    bundle: Annotated[Path | None, typer.Option(help="Instead, a folder: images, and a page without server.")] = None,
    count: Annotated[int | None, typer.Option(help="Most items to pack; all unless given.", min=1)] = None,
    corpus: Annotated[Path | None, typer.Option(help="Where the run's corpus lies, if it has moved.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE even if somebody filled it in.")] = False,
) -> None:
    """Write a review file with the items that wait for an annotator, or a folder to review them in offline."""
    from mifg_pipeline.review import pack
    from mifg_pipeline.review.bundle import pack_bundle
    from mifg_pipeline.store import RunFolder

    target = out or bundle
    if target is None or (out and bundle):
        raise typer.BadParameter("give --out FILE, or --bundle DIR")
    packing = pack if out else pack_bundle
    packed = packing(RunFolder.open(run), annotator, target, count=count, moved_corpus=corpus, overwrite=force)
    if packed.items:
        typer.echo(f"Packed {packed.items} items into {target}; {packed.left} more are left for {annotator}.")
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
    _print_stored(submission.appended)
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
    from mifg_pipeline.cli.review_status import print_review_status
    from mifg_pipeline.review import review_status
    from mifg_pipeline.store import RunFolder

    status = review_status(RunFolder.open(run))
    if json:
        typer.echo(status.model_dump_json(indent=2))
    else:
        print_review_status(status)


@app.command("serve")
def serve_command(
    run: _RunArgument,
    annotator: Annotated[str | None, typer.Option(help="The only annotator; for several, give --tokens.")] = None,
    tokens: Annotated[Path | None, typer.Option(help="Names and tokens of several annotators: a YAML file.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; a free one unless given.", min=0, max=65535)] = 0,
    corpus: Annotated[Path | None, typer.Option(help="Where the run's corpus lies, if it has moved.")] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Open the review page for one annotator or several."""
    from mifg_pipeline.review.server import serve
    from mifg_pipeline.store import RunFolder

    opened = RunFolder.open(run)
    serve(opened, annotator=annotator, tokens=tokens, host=host, port=port, open_browser=browser, moved_corpus=corpus)


@app.command("token")
def token_command(
    annotator: Annotated[str, typer.Argument(help="Who gets a token.")],
    tokens: Annotated[Path, typer.Option(help="The file of names and tokens; made if it is not there.")],
) -> None:
    """Give an annotator a token for a page that several share."""
    from mifg_pipeline.review.server import add_token

    typer.echo(add_token(tokens, annotator))


@app.command("rules")
def rules_command(
    run: _RunArgument,
    overlap: Annotated[float | None, typer.Option(help="Share of items that two people decide.", min=0, max=1)] = None,
    adjudicator: Annotated[list[str] | None, typer.Option(help="Who settles disagreements; may be repeated.")] = None,
    gold: Annotated[Path | None, typer.Option(help="Review file of an adjudicator: items with known answers.")] = None,
    gold_share: Annotated[
        float | None, typer.Option(help="Share of gold items among those handed out.", min=0, max=0.5)
    ] = None,
) -> None:
    """Set how many people decide an item, who settles disagreements, and what checks annotators; print what holds."""
    import yaml

    from mifg_pipeline.review.rules import change_shares, name_adjudicators, take_gold
    from mifg_pipeline.store import RunFolder
    from mifg_pipeline.store.review_rules import read_rules

    opened = RunFolder.open(run)
    if adjudicator:
        name_adjudicators(opened, adjudicator)
    if gold is not None:
        take_gold(opened, gold, datetime.now(UTC))
    if overlap is not None or gold_share is not None:
        change_shares(opened, overlap=overlap, gold_share=gold_share)
    typer.echo(yaml.safe_dump(read_rules(opened).model_dump(mode="json"), sort_keys=False).rstrip())


@app.command("adjudicate")
def adjudicate_command(
    run: _RunArgument,
    annotator: Annotated[str, typer.Option(help="Who will settle them; an adjudicator by the rules of the run.")],
    out: Annotated[Path, typer.Option(help="The review file, one line per item.")],
    count: Annotated[int | None, typer.Option(help="Most items to pack; all unless given.", min=1)] = None,
    corpus: Annotated[Path | None, typer.Option(help="Where the run's corpus lies, if it has moved.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE even if somebody filled it in.")] = False,
) -> None:
    """Write a review file with the items that people disagree on or flagged, and what they decided, without names."""
    from mifg_pipeline.errors import MifgError
    from mifg_pipeline.review import pack
    from mifg_pipeline.store import RunFolder
    from mifg_pipeline.store.review_rules import read_rules

    opened = RunFolder.open(run)
    if annotator not in read_rules(opened).adjudicators:
        raise MifgError(
            f"{annotator} is no adjudicator of {run}.", f"Say so: mifg review rules {run} --adjudicator {annotator}."
        )
    packed = pack(opened, annotator, out, count=count, moved_corpus=corpus, overwrite=force)
    if packed.items:
        typer.echo(f"Packed {packed.items} items into {out}; {packed.left} more are left to settle.")
    else:
        typer.echo("Nothing is left to settle; no file was written.")


@app.command("merge")
def merge_command(
    run: _RunArgument,
    logs: Annotated[list[Path], typer.Argument(help="Event logs (review/NAME.jsonl) from copies of the run.")],
) -> None:
    """Store what people decided on copies of the run; merging again changes nothing.

    Exits 1 if any line is refused. The other lines are stored all the same.
    """
    from mifg_pipeline.review.merge import merge
    from mifg_pipeline.store import RunFolder

    opened, any_refused = RunFolder.open(run), False
    for path in logs:
        merged = merge(opened, path)
        for refusal in merged.refused:
            typer.echo(f"{path}, line {refusal.number}: {refusal.problem}", err=True)
        _print_stored(merged.appended)
        known = merged.events - merged.stored
        typer.echo(f"{path}: {merged.stored} stored, {known} known or outdated, {len(merged.refused)} refused")
        any_refused = any_refused or bool(merged.refused)
    raise typer.Exit(1 if any_refused else 0)


@app.command("report")
def report_command(
    run: _RunArgument,
    corpus: Annotated[Path | None, typer.Option(help="Where the run's corpus lies, if it has moved.")] = None,
) -> None:
    """Write the report of the run anew, with what people decided."""
    from mifg_pipeline.corpus import RunImages
    from mifg_pipeline.report import write_run_report
    from mifg_pipeline.review import review_status
    from mifg_pipeline.store import Ledger, RunFolder

    opened = RunFolder.open(run)
    images = RunImages.open(opened, corpus)
    with Ledger(opened.ledger_path) as ledger:
        write_run_report(opened, images.corpus, ledger, review_status(opened))
    typer.echo(f"Wrote {opened.report_path}.")


def _print_stored(stored: Mapping[str, "Appended"]) -> None:
    from collections import Counter

    for annotator, appended in stored.items():
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
