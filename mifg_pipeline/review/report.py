"""The report of a run, with what people decided."""

from mifg_pipeline.corpus import Corpus
from mifg_pipeline.report import write_run_report
from mifg_pipeline.review.status import review_status
from mifg_pipeline.store import Ledger, RunFolder, event_logs


def write_reviewed_report(run: RunFolder, corpus: Corpus, ledger: Ledger) -> None:
    """Writes ``report.html``, with a section on the review where anybody has decided anything.

    Args:
        run: The run.
        corpus: That it was made from.
        ledger: Of the run.

    Raises:
        MifgError: If review events are damaged.
    """
    write_run_report(run, corpus, ledger, review_status(run) if event_logs(run) else None)
