"""The ledger keeps outcomes in order and says so when it cannot."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import Item, Rejection
from mifg_pipeline.store import Accepted, AcceptedFacts, Ledger, Rejected, TrailEntry

PASSED = (TrailEntry("question_writer", 0, True, 0.1),)
FAILED = (TrailEntry("question_writer", 0, False, 0.1),)


def rejected(attempt: int) -> Rejected:
    return Rejected(Rejection(attempt=attempt, gate="lint", reason="unclear"), FAILED)


def test_outcomes_come_back_in_order_of_their_attempts(tmp_path, make_item):
    first, last = make_item(0), make_item(2, question="Which of Images 1 and 2 shows the blue kite?")
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.append([Accepted(first, "a", PASSED), rejected(1)])
        ledger.append([Accepted(last, "b", PASSED)])

    with Ledger(tmp_path / "ledger.sqlite", read_only=True) as ledger:
        assert list(ledger.items()) == [first, last]
        assert [Rejection.model_validate_json(line).attempt for line in ledger.rejection_lines()] == [1]
        assert ledger.attempts() == 3
        assert list(ledger.trails()) == [PASSED, FAILED, PASSED]


def test_a_batch_is_stored_whole_or_not_at_all(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.append([rejected(0)])
        with pytest.raises(MifgError):
            ledger.append([rejected(1), rejected(0)])
        assert ledger.attempts() == 1


def test_facts_of_accepted_items_are_those_of_their_outcomes(tmp_path, make_item):
    outcomes = [
        Accepted(make_item(0, difficulty="glance"), "a", PASSED),
        rejected(1),
        Accepted(make_item(2, question="Where?"), "b", PASSED),
    ]
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.append(outcomes)
        assert list(ledger.accepted()) == [AcceptedFacts.of(outcomes[0]), AcceptedFacts.of(outcomes[2])]


def test_a_reading_is_stored_under_image_and_reader(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.store_readings([("ab", "shapes", [{"colour": "red"}]), ("ab", "text", [])])
        assert ledger.reading("ab", "shapes") == [{"colour": "red"}]
        assert ledger.reading("ab", "text") == []
        assert ledger.reading("cd", "text") is None


def test_a_ledger_of_another_schema_version_is_refused(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(MifgError, match="schema version 99"):
        Ledger(path)


def test_a_damaged_ledger_is_named_with_a_remedy(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"this is no database " * 500)
    with pytest.raises(MifgError, match=r"ledger\.sqlite is damaged.*generate"):
        Ledger(path)


def test_a_missing_ledger_cannot_be_read(tmp_path):
    with pytest.raises(MifgError, match="Cannot use"):
        Ledger(tmp_path / "ledger.sqlite", read_only=True)


APPEND_FOREVER = """
import sys
from pathlib import Path
from mifg_pipeline.items import Rejection
from mifg_pipeline.store import Ledger, Rejected
with Ledger(Path(sys.argv[1])) as ledger:
    for attempt in range(10**6):
        ledger.append([Rejected(Rejection(attempt=attempt, gate="lint", reason="x"), ())])
        print(attempt, flush=True)
"""


def test_what_was_stored_survives_a_kill(tmp_path: Path):
    path = tmp_path / "ledger.sqlite"
    process = subprocess.Popen([sys.executable, "-c", APPEND_FOREVER, path], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(200):
        stored = int(process.stdout.readline())
    os.kill(process.pid, 9)
    process.wait()
    process.stdout.close()
    with Ledger(path) as ledger:
        assert ledger.attempts() > stored


def test_items_validate_on_the_way_out(tmp_path, make_item):
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        ledger.append([Accepted(make_item(), "a", PASSED)])
        (line,) = ledger.item_lines()
    assert Item.model_validate_json(line) == make_item()
