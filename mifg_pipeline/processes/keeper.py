"""Runs a command, and ends it with every process that it started once standard input closes.

Standard input is a pipe that only the process holds which started this one. So it closes however that process ends, by
``kill -9`` too, where no clean-up of its own could run. Run as a script: ``python keeper.py COMMAND ARGUMENT…``; it
needs nothing but the standard library.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

GRACE_SECONDS = 10.0
"""Time for processes to end by themselves before they are killed."""

PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    """Exits with the status of the command, or with 128 and the number of the signal that ended it."""
    _adopt_orphans()
    command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=_end_when_input_closes, args=(command.pid,), daemon=True).start()
    status = command.wait()
    _signal_group(command.pid, signal.SIGTERM)
    orphans = threading.Thread(target=_wait_for_children, daemon=True)
    orphans.start()
    orphans.join(GRACE_SECONDS)
    _signal_group(command.pid, signal.SIGKILL)
    sys.exit(status if status >= 0 else 128 - status)


def _end_when_input_closes(group: int) -> None:
    while os.read(0, 1):  # not through sys.stdin, whose lock would be held when the interpreter ends
        pass
    _signal_group(group, signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    _signal_group(group, signal.SIGKILL)


def _adopt_orphans() -> None:
    """Makes processes that the command leaves behind children of this one, where the system can (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _wait_for_children() -> None:
    with suppress(ChildProcessError):
        while True:
            os.wait()


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


if __name__ == "__main__":
    main()
