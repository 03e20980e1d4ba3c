"""The page that shows the trajectories of a training run, group beside group."""

from mifg_pipeline.report.trajectories.page import trajectory_page
from mifg_pipeline.report.trajectories.stored_groups import index_groups, read_group, spread
from mifg_pipeline.report.trajectories.token_text import TokenText

__all__ = ["TokenText", "index_groups", "read_group", "spread", "trajectory_page"]
