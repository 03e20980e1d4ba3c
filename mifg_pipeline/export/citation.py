"""The citation file of a dataset, in the Citation File Format that GitHub and Zenodo read."""

from typing import Any

import yaml

from mifg_pipeline import __version__
from mifg_pipeline.export.figures import Figures
from mifg_pipeline.export.selection import Status
from mifg_pipeline.store import RunManifest

TITLE = "MIFG-QA: multi-image, fine-grained visual question answering"


def citation_text(figures: Figures, status: Status, manifest: RunManifest) -> str:
    """``CITATION.cff`` as text; who publishes the dataset puts authors and an address in.

    Args:
        figures: Of the rows.
        status: Whether people verified them.
        manifest: Of the run that made them.
    """
    made = "items that people verified" if status == "verified" else "unverified candidates"
    content: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use this dataset, please cite it as below.",
        "type": "dataset",
        "title": TITLE,
        "abstract": f"{figures.rows} {made}: questions over several images, made with mifg-pipeline {__version__}.",
        "version": manifest.run_id[:12],
        "authors": [{"name": "MIFG-QA contributors"}],
        "keywords": ["visual question answering", "multi-image", "fine-grained"],
        "identifiers": [
            {"type": "other", "value": manifest.run_id, "description": "The run of mifg-pipeline that made it"}
        ],
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
