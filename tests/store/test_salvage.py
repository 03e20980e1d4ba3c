"""What is intact of a damaged ledger is kept, without gaps."""

import random
import shutil
import sqlite3

import pytest

from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import Rejection
from mifg_pipeline.store import Ledger, Rejected, TrailEntry
from mifg_pipeline.store.calls import StoredCall
from mifg_pipeline.store.salvage import salvage

ROWS = 300


@pytest.fixture
def path(tmp_path):
    """A ledger with many outcomes."""
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        trail = (TrailEntry("lint", 0, False, 0.1),)
        ledger.append(
            Rejected(Rejection(attempt=k, gate="lint", reason=f"reason {k} " * 20), trail) for k in range(ROWS)
        )
    return path


def lines(path):
    with Ledger(path) as ledger:
        return list(ledger.rejection_lines())


def overwrite(path, start, content):
    with path.open("r+b") as file:
        file.seek(start)
        file.write(content)


def test_a_sound_ledger_is_left_alone(path):
    before = path.read_bytes()
    assert salvage(path) is None
    assert path.read_bytes() == before


def test_there_is_nothing_to_do_before_the_first_outcome(tmp_path):
    assert salvage(tmp_path / "ledger.sqlite") is None
    with Ledger(tmp_path / "ledger.sqlite"):
        pass
    assert salvage(tmp_path / "ledger.sqlite") is None
    (tmp_path / "begun.sqlite").touch()
    assert salvage(tmp_path / "begun.sqlite") is None


def test_a_damaged_last_page_costs_the_last_outcomes_only(path):
    before = lines(path)
    overwrite(path, path.stat().st_size - 4096, random.Random(1).randbytes(4096))
    saved = salvage(path)
    assert saved is not None
    assert 0 < saved.kept < ROWS
    assert lines(path) == before[: saved.kept]
    assert saved.damaged.exists()


@pytest.mark.parametrize("seed", range(8))
def test_damage_anywhere_never_passes_for_an_outcome(path, seed):
    before = lines(path)
    rng = random.Random(seed)
    overwrite(path, rng.randrange(4096, path.stat().st_size - 200), rng.randbytes(100))
    salvage(path)
    after = lines(path)
    assert after == before[: len(after)]


def test_a_changed_letter_that_sqlite_does_not_see_is_found(path):
    before = lines(path)
    with sqlite3.connect(path) as connection:
        connection.execute(
            "UPDATE outcome SET record = replace(record, 'reason 200', 'reason 999') WHERE attempt = 200"
        )
    saved = salvage(path)
    assert saved is not None
    assert saved.kept == 200
    assert lines(path) == before[:200]


def test_a_ledger_of_which_nothing_is_left_is_an_error_with_a_remedy(path):
    overwrite(path, 0, bytes(path.stat().st_size))
    with pytest.raises(MifgError, match=r"nothing of it can be read\..*Restore"):
        salvage(path)


CALLS = 400


@pytest.fixture
def path_with_calls(path):
    """The same with many model calls."""
    with Ledger(path) as ledger:
        for number in range(CALLS):
            ledger.calls.put(stored_call(number))
    return path


def stored_call(number):
    text = f"reply {number} " * 20
    return StoredCall(f"{number:032}", "tiny", "blind", text, None, "stop", 100, 10, 0.5, 0.25)


def intact_calls(path):
    """Numbers of the calls that are there; each as it was stored."""
    with Ledger(path) as ledger:
        found = [(number, ledger.calls.get(f"{number:032}")) for number in range(CALLS)]
    assert all(call is None or call == stored_call(number) for number, call in found)
    return [number for number, call in found if call is not None]


@pytest.mark.parametrize("seed", range(8))
def test_calls_around_the_damage_are_kept(path_with_calls, seed):
    rng = random.Random(seed)
    overwrite(path_with_calls, rng.randrange(8192, path_with_calls.stat().st_size - 200), rng.randbytes(100))
    salvage(path_with_calls)
    assert len(intact_calls(path_with_calls)) >= CALLS - 100


def test_a_changed_reply_is_found_and_all_other_calls_are_kept(path_with_calls):
    with sqlite3.connect(path_with_calls) as connection:
        connection.execute("UPDATE call SET text = replace(text, 'reply 17 ', 'reply 71 ') WHERE number = 18")
    saved = salvage(path_with_calls)
    assert saved is not None
    assert (saved.kept, saved.calls) == (ROWS, CALLS - 1)
    assert intact_calls(path_with_calls) == [number for number in range(CALLS) if number != 17]


def test_calls_are_kept_where_no_outcome_is(path_with_calls):
    with sqlite3.connect(path_with_calls) as connection:
        connection.execute("UPDATE outcome SET record = 'lost'")
    saved = salvage(path_with_calls)
    assert saved is not None
    assert (saved.kept, saved.calls) == (0, CALLS)


def test_a_ledger_whose_process_was_killed_is_sound(path_with_calls, tmp_path):
    copy = tmp_path / "copy.sqlite"
    with Ledger(path_with_calls) as ledger:
        for number in range(CALLS, 3 * CALLS):
            ledger.calls.put(stored_call(number))
        for suffix in ("", "-wal"):  # as a kill leaves them: the last calls are in the write-ahead log alone
            shutil.copy(f"{path_with_calls}{suffix}", f"{copy}{suffix}")
    assert salvage(copy) is None
    with Ledger(copy) as ledger:
        assert ledger.calls.spent().calls == 3 * CALLS
