"""Datasets from runs: what people verified, with a card that says what it is."""

from mifg_pipeline.export.dataset import check_export, export_dataset
from mifg_pipeline.export.figures import Figures
from mifg_pipeline.export.inspection import ExportReport, Terms
from mifg_pipeline.export.selection import Selection, Status

__all__ = ["ExportReport", "Figures", "Selection", "Status", "Terms", "check_export", "export_dataset"]
