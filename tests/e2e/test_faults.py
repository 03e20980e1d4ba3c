"""A run of 500 items, killed and damaged in many ways, ends with the same bytes or says what is missing."""

import os
import random
import shutil
import signal
import sqlite3
import time
from contextlib import closing

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.ocr, pytest.mark.timeout(1500)]

ITEMS, KILLS = 500, 20


def command(corpus, run):
    return ("generate", "--corpus", corpus, "--out", run, "--items", ITEMS, "--seed", 5, "--concurrency", 4)


@pytest.fixture(scope="module")
def reference(corpus, mifg, tmp_path_factory):
    """The run that nothing happens to."""
    run = tmp_path_factory.mktemp("reference") / "run"
    mifg(*command(corpus, run))
    return run


def assert_same_result(run, reference):
    for name in ("candidates.jsonl", "rejected.jsonl"):
        assert (run / name).read_bytes() == (reference / name).read_bytes()
    images = {path.name for path in (reference / "images").iterdir()}
    assert {path.name for path in (run / "images").iterdir()} >= images


def attempts_of(run):
    try:
        with closing(sqlite3.connect(f"file:{run / 'ledger.sqlite'}?mode=ro", uri=True)) as ledger:
            return ledger.execute("SELECT count(*) FROM outcome").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def kill_at(start_mifg, corpus, run, attempts, delay=0.0):
    """Starts or resumes the run and kills it some time after it has stored that many attempts."""
    process = start_mifg(*command(corpus, run))
    while attempts_of(run) < attempts and process.poll() is None:
        time.sleep(0.02)
    time.sleep(delay)
    assert process.poll() is None, "the run had ended before it could be killed"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def test_killed_at_twenty_random_moments(corpus, reference, mifg, start_mifg, tmp_path):
    rng = random.Random(4)
    for attempts in sorted(rng.sample(range(ITEMS - 60), KILLS)):
        kill_at(start_mifg, corpus, tmp_path / "run", attempts, delay=rng.random() * 0.4)
    mifg(*command(corpus, tmp_path / "run"))
    assert_same_result(tmp_path / "run", reference)


def test_a_corrupted_last_page_of_the_ledger(corpus, reference, mifg, start_mifg, tmp_path):
    run = tmp_path / "run"
    kill_at(start_mifg, corpus, run, 200)
    with closing(sqlite3.connect(run / "ledger.sqlite")) as ledger:
        ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (run / "ledger.sqlite").open("r+b") as file:
        file.seek(-4096, os.SEEK_END)
        file.write(random.Random(0).randbytes(4096))
    resumed = mifg(*command(corpus, run))
    assert "The ledger was damaged (kept as ledger.sqlite.damaged)" in resumed.stderr
    assert_same_result(run, reference)


def test_images_that_went_away_for_a_while_cost_the_attempts_of_that_while(corpus, mifg, start_mifg, tmp_path):
    run, own_corpus = tmp_path / "run", shutil.copytree(corpus, tmp_path / "corpus")
    process = start_mifg(*command(own_corpus, run))
    while attempts_of(run) < 50 and process.poll() is None:
        time.sleep(0.02)
    for name in ("photos/osprey.jpg", "photos/wren.jpg"):
        (own_corpus / name).rename(tmp_path / name.replace("/", "-"))
    (own_corpus / "photos/otters.jpg").write_bytes(b"damaged")
    process.communicate()
    assert process.returncode == 0
    assert len((run / "candidates.jsonl").read_text().splitlines()) == ITEMS
    rejected = (run / "rejected.jsonl").read_text()
    assert "osprey.jpg cannot be read (No such file or directory)" in rejected
    assert "otters.jpg has changed since it was indexed" in rejected
