"""The loss at the gates of models is measured on what programs wrote, and on nothing else."""

import pytest

from mifg_pipeline.items import Rejection
from mifg_pipeline.store import Accepted, Ledger, Rejected, TrailEntry, loss_on_programs

TRAIL = (TrailEntry("lint", 0, True, 0.0),)


def rejected(attempt, program, gate):
    return Rejected(Rejection(attempt=attempt, program=program, gate=gate, reason="no"), TRAIL)


def test_only_drafts_of_programs_that_models_turned_down_are_lost(make_item, tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.append(
            [
                Accepted(make_item(0), "0", TRAIL),
                rejected(1, "compare/which-most", "blind"),
                rejected(2, "compare/which-most", "lint"),
                rejected(3, "model/big", "focus"),
            ]
        )
        loss = loss_on_programs(ledger)
    assert (loss.lost, loss.kept) == (1, 1)
    assert loss.share == pytest.approx(0.5)


def test_an_empty_run_has_no_loss(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        assert loss_on_programs(ledger).share == 0
