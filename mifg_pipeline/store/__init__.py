"""What a run keeps on disk: the run folder, its ledger, and what people decided."""

from mifg_pipeline.store.decisions import ReviewedItem, Status, edited_item
from mifg_pipeline.store.events import EventLog, event_logs
from mifg_pipeline.store.funnel import Funnel, StepCount
from mifg_pipeline.store.ledger import Accepted, Ledger, Outcome, Rejected, TrailEntry
from mifg_pipeline.store.review_records import Decision, Edits, Judgement, ReviewEvent
from mifg_pipeline.store.reviewed import reviewed_items, verified_items
from mifg_pipeline.store.run_folder import CorpusLocation, RunFolder, RunManifest

__all__ = [
    "Accepted",
    "CorpusLocation",
    "Decision",
    "Edits",
    "EventLog",
    "Funnel",
    "Judgement",
    "Ledger",
    "Outcome",
    "Rejected",
    "ReviewEvent",
    "ReviewedItem",
    "RunFolder",
    "RunManifest",
    "Status",
    "StepCount",
    "TrailEntry",
    "edited_item",
    "event_logs",
    "reviewed_items",
    "verified_items",
]
