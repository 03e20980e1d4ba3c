"""`mifg doctor`: examines what a training run would train and sample with."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mifg_pipeline.cli.output import results

if TYPE_CHECKING:
    from mifg_pipeline.train.doctor.check import Check

_STYLES = {"passed": "green", "failed": "bold red", "skipped": "dim"}


def doctor(
    config: Annotated[str, typer.Argument(help="As for `mifg train`: a YAML file with settings, or a preset.")],
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, as key=value; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Examine model, data and engine of a training run on a few questions, and say what to change.

    Exits 1 if anything fails that a training must not start with.
    """
    import tempfile

    from rich.console import Console

    from mifg_pipeline.config import load_train_settings
    from mifg_pipeline.train.doctor.check import is_healthy
    from mifg_pipeline.train.doctor.examination import examine
    from mifg_pipeline.train.presets import read_config

    settings = load_train_settings(read_config(config), overrides or [])
    checks: list[Check] = []
    with tempfile.TemporaryDirectory() as folder, Console(stderr=True).status("Opening model and engine") as status:
        for check in examine(settings, Path(folder) / "engine.log"):
            checks.append(check)
            status.update(f"{check.name} {check.status}; going on")
    if as_json:
        typer.echo(json.dumps({"healthy": is_healthy(checks), "checks": [_plain(check) for check in checks]}, indent=2))
    else:
        _show(checks)
    if not is_healthy(checks):
        raise typer.Exit(1)


def _plain(check: "Check") -> dict[str, Any]:
    """The check as JSON has it: without infinities, which have no figure there."""
    figures = {
        name: None if value is None or not math.isfinite(value) else value for name, value in check.figures.items()
    }
    return {**asdict(check), "figures": figures}


def _show(checks: "list[Check]") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table("check", "verdict", "finding", box=None, pad_edge=False)
    for check in checks:
        table.add_row(check.name, Text(check.status, _STYLES[check.status]), Text(check.finding))
        if check.remedy is not None:
            table.add_row("", "", Text(check.remedy, "yellow"))
    console = results()
    console.print(table)
    failed = [check.name for check in checks if check.status == "failed"]
    verdict = f"Not fit to train: {', '.join(failed)}." if failed else "Fit to train."
    console.print(f"\n{verdict}", highlight=False)
