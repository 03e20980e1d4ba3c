"""The same seed gives the same bytes, whatever the concurrency and however often the process is killed."""

import contextlib
import os
import random
import signal
import sqlite3
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.ocr]

ITEMS, SEED = 40, 7


def attempts_of(run):
    try:
        with sqlite3.connect(f"file:{run / 'ledger.sqlite'}?mode=ro", uri=True) as ledger:
            return ledger.execute("SELECT count(*) FROM outcome").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def wait_for(condition, process, seconds=120):
    """Polls until the condition holds or the process has ended."""
    deadline = time.monotonic() + seconds
    while not condition() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("concurrency", [1, 8])
def test_concurrency_does_not_change_the_result(concurrency, corpus, finished_run, mifg, tmp_path):
    run = tmp_path / "run"
    mifg("generate", "--corpus", corpus, "--out", run, "--items", ITEMS, "--seed", SEED, "--concurrency", concurrency)
    for name in ("candidates.jsonl", "rejected.jsonl"):
        assert (run / name).read_bytes() == (finished_run / name).read_bytes()
    assert sorted(path.name for path in (run / "images").iterdir()) == sorted(
        path.name for path in (finished_run / "images").iterdir()
    )


def test_killed_at_five_random_moments_the_result_is_the_same(corpus, finished_run, mifg, start_mifg, tmp_path):
    run = tmp_path / "run"
    command = ("generate", "--corpus", corpus, "--out", run, "--items", ITEMS, "--seed", SEED, "--concurrency", 3)
    rng = random.Random(0)
    kills = 0
    for threshold in sorted(rng.sample(range(1, ITEMS), 5)):
        process = start_mifg(*command)
        wait_for(lambda: attempts_of(run) >= threshold, process)  # noqa: B023 - called within this round
        time.sleep(rng.random() * 0.3)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.communicate()
    assert kills == 5
    mifg(*command)
    for name in ("candidates.jsonl", "rejected.jsonl"):
        assert (run / name).read_bytes() == (finished_run / name).read_bytes()
    assert list((run / "staging").iterdir()) == []


def test_workers_end_with_their_killed_parent(corpus, start_mifg, tmp_path):
    process = start_mifg("generate", "--corpus", corpus, "--out", tmp_path / "run", "--items", ITEMS, "--seed", SEED)
    wait_for(lambda: attempts_of(tmp_path / "run") >= 1, process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)  # returns once no child holds the pipes any more
    deadline = time.monotonic() + 20  # a process lets go of the pipes before it has quite ended
    while running_in_group(process.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert running_in_group(process.pid) == []


def running_in_group(group):
    """Names of the processes of a group that have not ended."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            name, _, rest = path.read_text().rpartition(")")
            state, _, process_group = rest.split()[:3]
            if int(process_group) == group and state not in "ZX":
                found.append(name)
    return found


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_says_how_to_resume_and_keeps_its_items(stop, corpus, start_mifg, tmp_path):
    run = tmp_path / "run"
    process = start_mifg("generate", "--corpus", corpus, "--out", run, "--items", ITEMS, "--seed", SEED)
    wait_for(lambda: attempts_of(run) >= 3, process)
    os.killpg(process.pid, stop)
    _, messages = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "To resume, run the same command again" in messages
    assert "Traceback" not in messages
    assert len((run / "candidates.jsonl").read_text().splitlines()) >= 1
