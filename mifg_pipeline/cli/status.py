"""`mifg status`: how far a run is, and what its gates did."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mifg_pipeline.cli.output import results


def status(
    run: Annotated[Path, typer.Argument(help="Run folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Show the funnel of a run, also while it is running."""
    from mifg_pipeline.generate import funnel_table
    from mifg_pipeline.store import Funnel, Ledger, RunFolder, asked_and_reached, loss_on_programs

    folder = RunFolder.open(run)
    manifest = folder.read_manifest()
    with Ledger(folder.ledger_path, read_only=True) as ledger:
        funnel = Funnel.of_run(ledger)
        quotas = asked_and_reached(manifest.settings, manifest.families_off, ledger)
        loss = loss_on_programs(ledger)
    if as_json:
        content = {
            "run_id": manifest.run_id,
            "wanted": manifest.settings.items,
            "accepted": funnel.accepted,
            "attempts": funnel.attempts,
            "usage": asdict(funnel.usage()),
            "agents": {agent: asdict(cost) for agent, cost in funnel.by_agent().items()},
            "loss_on_programs": asdict(loss),
            "steps": {step: asdict(count) for step, count in funnel.rows()},
            "quotas": [asdict(quota) for quota in quotas],
            "families_off": manifest.families_off,
            "images_set_aside": manifest.images_set_aside,
        }
        typer.echo(json.dumps(content, indent=2))
        return
    console = results()
    console.print(f"{funnel.accepted} of {manifest.settings.items} items after {funnel.attempts} attempts")
    console.print(funnel_table(funnel))
    if loss.lost:
        console.print(
            f"Models turned down {loss.lost} of {loss.lost + loss.kept} program-written drafts ({loss.share:.1%}), "
            "whose keys are true by construction",
            highlight=False,
        )
    for quota in quotas:
        line = f"{quota.dimension} {quota.value}: {quota.reached} of {quota.asked}"
        console.print(f"{line}; {quota.why_not}" if quota.why_not else line, soft_wrap=True)
    for family, reason in manifest.families_off.items():
        console.print(f"Off: {family}: {reason}", soft_wrap=True)
