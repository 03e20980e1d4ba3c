"""A server that is killed loses nothing that it said it had stored, and stores nothing twice."""

from pathlib import Path

import pytest
from review_process import review_server
from review_run import write_review_run
from steady_reviewers import Reviewers, lost_and_doubled

from mifg_pipeline.store.events import event_logs

ANNOTATORS = ["alice", "bob", "carol", "dave"]
ITEMS = 200


@pytest.mark.slow
def test_no_decision_is_lost_or_doubled_when_the_server_is_killed(tmp_path: Path) -> None:
    run = write_review_run(tmp_path, items=ITEMS)
    with review_server(run, tmp_path, *ANNOTATORS, lease_seconds=5) as server:
        reviewers = Reviewers(server)
        reviewers.review(ANNOTATORS, kills=3, between=40)
    assert lost_and_doubled(run, reviewers) == (set(), set())
    assert sum(len(log.read().events) for log in event_logs(run)) == ITEMS
