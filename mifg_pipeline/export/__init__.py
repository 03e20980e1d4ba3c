"""Datasets from runs: what people verified, with a card that says what it is."""

from mifg_pipeline.export.dataset import CheckReport, check_export, export_dataset
from mifg_pipeline.export.figures import Figures
from mifg_pipeline.export.selection import Selection, Status

__all__ = ["CheckReport", "Figures", "Selection", "Status", "check_export", "export_dataset"]
