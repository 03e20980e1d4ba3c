"""Waits for processes that are no children of the test."""

import os
import select


def wait_for_end(pid: int, seconds: float = 15) -> None:
    """Returns when the process has ended, and fails where it does not."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    poll = select.poll()
    poll.register(process, select.POLLIN)
    ended = poll.poll(seconds * 1000)
    os.close(process)
    assert ended, f"process {pid} is still there after {seconds} s"
