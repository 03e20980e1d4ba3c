"""The event log loses nothing: neither to a crash, nor to a full disk, nor to a second process."""

import fcntl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from full_disk import files_up_to

from mifg_pipeline.errors import MifgError
from mifg_pipeline.store.events import EventLog, event_logs
from mifg_pipeline.store.review_records import Judgement
from mifg_pipeline.store.run_folder import RunFolder

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

APPEND = """
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from mifg_pipeline.store.events import EventLog
from mifg_pipeline.store.review_records import Judgement

path, prefix, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for k in range(number) if number else count():
    judgements = [Judgement(item_id=f"{prefix}{k}", item_digest="d", decision="accept", comment="é" * 50)]
    EventLog(path).append(judgements, datetime.now(UTC))
    print(f"{prefix}{k}", flush=True)
"""
"""Appends events on items PREFIX0, PREFIX1, …, and names each once it is stored; forever where the number is 0."""


def appender(path: Path, prefix: str, number: int) -> subprocess.Popen:
    """A process that is ready to append, and waits for a line of input to begin."""
    command = [sys.executable, "-c", APPEND, str(path), prefix, str(number)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def start(*processes: subprocess.Popen) -> None:
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()


def accept(*items: str) -> list[Judgement]:
    return [Judgement(item_id=item, item_digest="d", decision="accept", comment="fine – schön") for item in items]


def item_ids(log: EventLog) -> list[str]:
    return [event.item_id for event in log.read().events]


@pytest.fixture
def log(tmp_path) -> EventLog:
    return EventLog.of(RunFolder(tmp_path), "alice")


def test_what_was_appended_is_read_in_order(log):
    first = log.append(accept("one", "two"), NOW)
    second = log.append(accept("three"), NOW)
    assert log.read().events == first.events + second.events
    assert item_ids(log) == ["one", "two", "three"]


def test_a_log_that_is_not_there_is_empty(log):
    assert log.read().events == ()
    assert not log.path.exists()


def test_an_event_is_one_line_of_the_log(log):
    log.append(accept("one", "two"), NOW)
    assert len(log.path.read_bytes().splitlines()) == 2


def test_nothing_is_written_for_what_counts_already(log):
    log.append(accept("one"), NOW)
    before = log.path.read_bytes()
    assert log.append(accept("one"), datetime.now(UTC)).events == ()
    assert log.path.read_bytes() == before


def test_a_line_torn_anywhere_is_set_aside_and_costs_no_other(log):
    log.append(accept("one", "two"), NOW)
    whole = log.path.read_bytes()
    first, last = whole.splitlines(keepends=True)
    for length in (1, 2, *range(10, len(last), 29), len(last) - 1):
        log.path.write_bytes(first + last[:length])
        log.torn_path.unlink(missing_ok=True)
        assert (item_ids(log), log.read().torn) == (["one"], last[:length])

        appended = log.append(accept("two"), NOW)

        assert appended.torn == last[:length]
        assert log.torn_path.read_bytes() == last[:length] + b"\n"
        assert log.path.read_bytes() == whole


def test_reading_repairs_nothing(log):
    log.append(accept("one"), NOW)
    torn = log.path.read_bytes() + b'{"torn'
    log.path.write_bytes(torn)
    log.read()
    assert log.path.read_bytes() == torn


@pytest.mark.parametrize("acknowledged", [1, 7, 30])
def test_what_was_stored_survives_kill_9(log, acknowledged):
    with appender(log.path, "item", 0) as process:
        start(process)
        stored = [process.stdout.readline().strip() for _ in range(acknowledged)]
        process.kill()
        stored += process.stdout.read().split()
    survivors = item_ids(log)
    assert survivors[: len(stored)] == stored
    assert len(survivors) <= len(stored) + 1
    log.append(accept("after"), NOW)
    assert item_ids(log) == [*survivors, "after"]


def waits_for_lock(path: Path) -> bool:
    inode = str(path.stat().st_ino)
    waiting = [line.split() for line in Path("/proc/locks").read_text().splitlines() if "->" in line]
    return any(fields[-3].split(":")[-1] == inode for fields in waiting)


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="the system does not say who waits for a lock")
@pytest.mark.parametrize(
    "operation", [EventLog.read, lambda log: log.append(accept("one"), NOW)], ids=["reading", "appending"]
)
def test_a_write_under_way_is_waited_for(log, operation):
    log.append(accept("one"), NOW)
    whole = log.path.read_bytes()
    log.path.write_bytes(whole[:50])
    with log.path.open("ab") as other, ThreadPoolExecutor() as pool:
        fcntl.flock(other, fcntl.LOCK_EX)
        result = pool.submit(operation, log)
        while not (result.done() or waits_for_lock(log.path)):
            pass
        other.write(whole[50:])
        other.close()
        assert result.result().torn == b""
    assert log.path.read_bytes() == whole


def test_two_processes_append_at_once_without_loss(log):
    with appender(log.path, "left", 40) as left, appender(log.path, "right", 40) as right:
        start(left, right)
        assert (left.wait(), right.wait()) == (0, 0)
    assert sorted(item_ids(log)) == sorted(f"{side}{k}" for side in ("left", "right") for k in range(40))


def test_two_processes_that_decide_the_same_store_it_once(log):
    with appender(log.path, "item", 40) as left, appender(log.path, "item", 40) as right:
        start(left, right)
        assert (left.wait(), right.wait()) == (0, 0)
    assert item_ids(log) == [f"item{k}" for k in range(40)]


def test_a_full_disk_leaves_the_log_as_it_was(log):
    log.append(accept("one"), NOW)
    before = log.path.read_bytes()
    with files_up_to(len(before) + 100), pytest.raises(MifgError, match=r"Cannot write .*alice\.jsonl"):
        log.append(accept("two"), NOW)
    assert log.path.read_bytes() == before


def test_a_damaged_line_is_named_and_nothing_is_appended_after_it(log):
    log.append(accept("one", "two"), NOW)
    damaged = log.path.read_bytes().replace(b'"accept"', b'"reject"', 1)
    log.path.write_bytes(damaged)
    with pytest.raises(MifgError, match=r"alice\.jsonl, line 1: .*edited by hand or damaged"):
        log.append(accept("three"), NOW)
    assert log.path.read_bytes() == damaged


def test_a_log_of_somebody_else_is_refused(log):
    log.append(accept("one"), NOW)
    copy = log.path.rename(log.path.with_name("bob.jsonl"))
    with pytest.raises(MifgError, match="the event is alice's"):
        EventLog(copy).read()


def test_the_logs_of_a_run_are_found_by_name(tmp_path):
    run = RunFolder(tmp_path)
    for annotator in ("bob", "alice.b-2_c"):
        EventLog.of(run, annotator).append(accept("one"), NOW)
    (run.review / "bob.jsonl.torn").write_bytes(b"{\n")
    (run.review / ".bob.jsonl").write_bytes(b"an editor's copy")
    assert [log.annotator for log in event_logs(run)] == ["alice.b-2_c", "bob"]


@pytest.mark.parametrize("name", ["", ".", "..", "../alice", "a/b", "a\\b", "-a", "a b", "a\n", "ä", "a" * 65, "a\0"])
def test_a_name_that_could_not_name_a_file_is_refused(tmp_path, name):
    with pytest.raises(MifgError, match="cannot be the name of an annotator"):
        EventLog.of(RunFolder(tmp_path), name)
