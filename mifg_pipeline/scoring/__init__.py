"""Answer extraction and typed comparison: one truth for gates, rewards and evaluation."""

from mifg_pipeline.scoring.choices import read_choice, same_option
from mifg_pipeline.scoring.comparison import score_reply, score_text
from mifg_pipeline.scoring.extraction import extract_answer
from mifg_pipeline.scoring.free_replies import find_answer
from mifg_pipeline.scoring.normalization import normalize
from mifg_pipeline.scoring.numbers import may_begin_number, read_number
from mifg_pipeline.scoring.self_check import expected_scores

__all__ = [
    "expected_scores",
    "extract_answer",
    "find_answer",
    "may_begin_number",
    "normalize",
    "read_choice",
    "read_number",
    "same_option",
    "score_reply",
    "score_text",
]
