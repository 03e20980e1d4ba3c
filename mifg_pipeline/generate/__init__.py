"""Batch generation: workers, sequencer, progress."""

from mifg_pipeline.generate.job import Interruption, preview_items, run_job
from mifg_pipeline.generate.prepare import Prepared, prepare
from mifg_pipeline.generate.progress import funnel_table

__all__ = ["Interruption", "Prepared", "funnel_table", "prepare", "preview_items", "run_job"]
