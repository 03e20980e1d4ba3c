"""Shows what an analysis found: tables for the terminal, and a folder with a page, its charts and the figures."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup
from rich.console import Console

from mifg_pipeline.report.page import templates
from mifg_pipeline.report.table import Table, print_tables
from mifg_pipeline.store.files import replaced_file, unwritable


@dataclass(frozen=True)
class Chart:
    """A drawing.

    Attributes:
        name: Of its file, without suffix.
        title: Above it.
        note: What it shows and how to read it.
        svg: The drawing.
    """

    name: str
    title: str
    note: str
    svg: Markup


@dataclass(frozen=True)
class Findings:
    """What an analysis found, for people and machines.

    Attributes:
        name: Of the analysis, and of its files.
        title: In words.
        notes: Which model and how many trajectories; what the figures mean.
        charts: In order.
        tables: In order.
        content: All figures, for JSON.
    """

    name: str
    title: str
    notes: Sequence[str]
    charts: Sequence[Chart]
    tables: Sequence[Table]
    content: Mapping[str, Any]


def show(findings: Findings, console: Console) -> None:
    """Prints the tables and notes."""
    print_tables(findings.tables, console)
    for note in findings.notes:
        console.print(note, highlight=False, markup=False, soft_wrap=True)


def write(findings: Findings, folder: Path) -> list[Path]:
    """Writes the page, each chart as a file of its own, and the figures as JSON; returns their paths.

    Raises:
        MifgError: If the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    page = templates().get_template("analysis.html.j2")
    files = {
        f"{findings.name}.html": page.render(
            title=findings.title, notes=findings.notes, charts=findings.charts, tables=findings.tables
        ),
        f"{findings.name}.json": as_json(findings) + "\n",
        **{f"{chart.name}.svg": _standalone(chart.svg) + "\n" for chart in findings.charts},
    }
    for name, content in files.items():
        with replaced_file(folder / name) as file:
            file.write(content)
    return [folder / name for name in files]


def as_json(findings: Findings) -> str:
    """All figures as JSON."""
    return json.dumps(findings.content, indent=2, ensure_ascii=False)


def _standalone(svg: Markup) -> str:
    """The drawing with its style in it, as a file needs it."""
    style = templates().get_template("charts.css").render()
    opened = re.sub("^<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', str(svg))
    return opened.replace(">", f"><style>{style}</style>", 1)
