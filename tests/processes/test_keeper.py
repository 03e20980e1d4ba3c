"""The keeper of a child process: what it leaves behind when its input closes, or when the command ends."""

import signal
import subprocess
import sys
from contextlib import contextmanager

from processes import wait_for_end

from mifg_pipeline.processes import keeper

STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
FAMILY = (
    "import os, subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {child!r}], stdout=subprocess.PIPE); "
)
READY = "child.stdout.readline(); print(os.getpid(), child.pid, flush=True); "
REST = "import signal; signal.pause()"
CHILD = "import signal; print(flush=True); signal.pause()"


@contextmanager
def kept(code, grace=keeper.GRACE_SECONDS):
    """A keeper of a Python process, and the process ids that it prints."""
    start = f"from mifg_pipeline.processes import keeper; keeper.GRACE_SECONDS = {grace}; keeper.main()"
    command = [sys.executable, "-c", start, sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process, [int(pid) for pid in process.stdout.readline().split()]


def test_processes_end_when_the_input_closes():
    with kept(FAMILY.format(child=CHILD) + READY + REST) as (process, pids):
        process.stdin.close()
        assert process.wait(15) == 128 + signal.SIGTERM
        for pid in pids:
            wait_for_end(pid)


def test_processes_that_do_not_end_by_themselves_are_killed():
    code = FAMILY.format(child=STUBBORN + CHILD) + STUBBORN + READY + REST
    with kept(code, grace=0.2) as (process, pids):
        process.stdin.close()
        assert process.wait(15) == 128 + signal.SIGKILL
        for pid in pids:
            wait_for_end(pid)


def test_a_process_that_the_command_leaves_behind_is_ended():
    with kept(FAMILY.format(child=CHILD) + READY) as (process, (_, child)):
        assert process.wait(15) == 0
        wait_for_end(child)


def test_a_process_that_the_command_leaves_behind_has_time_to_clean_up(tmp_path):
    mark = tmp_path / "cleaned"
    cleaning = f"signal.signal(signal.SIGTERM, lambda *_: open({str(mark)!r}, 'x')); "
    with kept(FAMILY.format(child="import signal; " + cleaning + CHILD) + READY) as (process, _):
        process.wait(15)
        assert mark.exists()


def test_the_status_of_the_command_is_the_keepers():
    with kept("print(flush=True); raise SystemExit(3)") as (process, _):
        assert process.wait(15) == 3
