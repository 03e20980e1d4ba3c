"""HTML pages that show what a run stored."""

from mifg_pipeline.report.items import items_page
from mifg_pipeline.report.run import write_run_report

__all__ = ["items_page", "write_run_report"]
