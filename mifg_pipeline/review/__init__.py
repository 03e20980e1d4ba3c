"""People decide on candidates: review files, what they decide, and how far they are."""

from mifg_pipeline.review.pack import Packed, pack
from mifg_pipeline.review.records import ReviewLine
from mifg_pipeline.review.status import review_status
from mifg_pipeline.review.submit import Submission, submit

__all__ = [
    "Packed",
    "ReviewLine",
    "Submission",
    "pack",
    "review_status",
    "submit",
]
