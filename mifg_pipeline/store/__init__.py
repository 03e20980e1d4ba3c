"""What a run keeps on disk: the run folder and its ledger."""

from mifg_pipeline.store.ledger import Accepted, Ledger, Outcome, Rejected, TrailEntry
from mifg_pipeline.store.run_folder import CorpusLocation, RunFolder, RunManifest

__all__ = [
    "Accepted",
    "CorpusLocation",
    "Ledger",
    "Outcome",
    "Rejected",
    "RunFolder",
    "RunManifest",
    "TrailEntry",
]
