"""What a run keeps on disk: the run folder, its ledger, and what people decided."""

from mifg_pipeline.store.asked_and_reached import QuotaOutcome, asked_and_reached
from mifg_pipeline.store.decisions import ReviewedItem, Status, edited_item
from mifg_pipeline.store.events import EventLog, event_logs
from mifg_pipeline.store.funnel import Funnel, StepCount
from mifg_pipeline.store.ledger import Accepted, AcceptedFacts, Ledger, Outcome, Rejected, TrailEntry
from mifg_pipeline.store.loss import Loss, loss_on_programs
from mifg_pipeline.store.review_records import Decision, Edits, Judgement, ReviewEvent
from mifg_pipeline.store.reviewed import reviewed_items, verified_items
from mifg_pipeline.store.run_folder import CorpusLocation, RunFolder, RunManifest
from mifg_pipeline.store.usage import Usage

__all__ = [
    "Accepted",
    "AcceptedFacts",
    "CorpusLocation",
    "Decision",
    "Edits",
    "EventLog",
    "Funnel",
    "Judgement",
    "Ledger",
    "Loss",
    "Outcome",
    "QuotaOutcome",
    "Rejected",
    "ReviewEvent",
    "ReviewedItem",
    "RunFolder",
    "RunManifest",
    "Status",
    "StepCount",
    "TrailEntry",
    "Usage",
    "asked_and_reached",
    "edited_item",
    "event_logs",
    "loss_on_programs",
    "reviewed_items",
    "verified_items",
]
