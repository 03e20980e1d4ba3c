"""Writes the dataset card: what the dataset is, in figures of the run that made it."""

import re
from collections.abc import Sequence
from pathlib import Path

import jinja2
import yaml

from mifg_pipeline import __version__
from mifg_pipeline.export.citation import citation_text
from mifg_pipeline.export.figures import Figures
from mifg_pipeline.export.front_matter import front_matter
from mifg_pipeline.export.samples import Samples
from mifg_pipeline.export.selection import Selection
from mifg_pipeline.export.shards import SplitFiles
from mifg_pipeline.store import Funnel, Ledger
from mifg_pipeline.store.agreement import run_agreement


def write_card(
    root: Path, selection: Selection, figures: Figures, files: Sequence[SplitFiles], samples: Samples
) -> None:
    """Writes the card ``README.md``, the pictures that it shows, and ``CITATION.cff``.

    Args:
        root: The folder of the dataset.
        selection: What was exported.
        figures: Of the rows in the files.
        files: Of each split that has rows.
        samples: Rows to show.

    Raises:
        MifgError: If run, ledger or review events are damaged.
    """
    run = selection.run
    manifest = run.read_manifest()
    with Ledger(run.ledger_path, read_only=True) as ledger:
        funnel = Funnel.of(ledger.trails())
    text = (
        _environment()
        .get_template("card.md.j2")
        .render(
            front_matter=yaml.safe_dump(
                front_matter(figures, files, selection.status), sort_keys=False, allow_unicode=True
            ),
            figures=figures,
            files=files,
            status=selection.status,
            manifest=manifest,
            funnel=funnel,
            agreement=run_agreement(run),
            withheld=selection.withheld(),
            samples=list(samples),
            unknown_images=figures.unlicensed_images(),
            version=__version__,
        )
    )
    (root / "README.md").write_text(text, encoding="utf-8")
    (root / "CITATION.cff").write_text(citation_text(figures, selection.status, manifest), encoding="utf-8")
    samples.write(root)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("mifg_pipeline.export"),
        autoescape=False,  # the output is Markdown; ``cell`` escapes what others wrote
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["cell"] = markdown_cell
    return environment


def markdown_cell(text: str) -> str:
    """Text as a cell of a Markdown table: on one line, and nothing in it is markup."""
    return re.sub(r"([\\`*_{}\[\]<>#|&~])", r"\\\1", " ".join(text.split()))
