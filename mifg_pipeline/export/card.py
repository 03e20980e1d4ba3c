"""Writes the dataset card: what the dataset is, in figures of the run that made it."""

import re
from collections.abc import Sequence

import jinja2
import yaml

from mifg_pipeline import __version__
from mifg_pipeline.export.figures import Figures
from mifg_pipeline.export.front_matter import front_matter
from mifg_pipeline.export.selection import Status
from mifg_pipeline.export.shards import SplitFiles
from mifg_pipeline.items import UNKNOWN_LICENSE
from mifg_pipeline.store import Funnel, RunManifest


def card_text(
    figures: Figures, files: Sequence[SplitFiles], status: Status, manifest: RunManifest, funnel: Funnel
) -> str:
    """The card as Markdown with YAML front matter.

    Args:
        figures: Of the rows in the files.
        files: Of each split that has rows.
        status: Whether people verified the items.
        manifest: Of the run.
        funnel: Of all attempts of the run.
    """
    matter = yaml.safe_dump(front_matter(figures, files, status), sort_keys=False, allow_unicode=True)
    return (
        _environment()
        .get_template("card.md.j2")
        .render(
            front_matter=matter,
            figures=figures,
            files=files,
            status=status,
            manifest=manifest,
            funnel=funnel,
            unknown_images=figures.licenses()[UNKNOWN_LICENSE],
            version=__version__,
        )
    )


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
