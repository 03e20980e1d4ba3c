"""Measures whole processes, with all processes that they start."""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

SAMPLE_SECONDS = 0.2


@dataclass(frozen=True)
class Usage:
    """What a command took.

    Attributes:
        wall: Seconds from start to end.
        cpu: CPU seconds, user and system, of the process and all its descendants that were waited for.
        peak: Largest sum, in bytes, of the proportional set sizes (PSS) of all the processes at one moment, by samples;
            pages that processes share count once, or in part where others use them. 0 where memory was not watched.
        resident: Largest sum, in bytes, of their resident set sizes (RSS); pages that they share count in each.
        processes: Most processes at one moment, by samples.
    """

    wall: float
    cpu: float
    peak: int = 0
    resident: int = 0
    processes: int = 0


class _Sizes(NamedTuple):
    proportional: int
    resident: int


def run_measured(command: Sequence[str], *, watch_memory: bool = False, output: IO[str] | None = None) -> Usage:
    """Runs a command to its end.

    Args:
        command: Program and arguments.
        watch_memory: Whether to sample the memory of all its processes every 0.2 s. That costs CPU time of this
            process, which is not counted, but may slow down the command.
        output: Where its standard output and errors go; nowhere if None.

    Raises:
        SystemExit: If the command fails.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=output or subprocess.DEVNULL, stderr=output or subprocess.DEVNULL)
    peak = resident = processes = 0
    while watch_memory and not os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        sizes = [_sizes(member) for member in _tree(process.pid)]
        peak, processes = max(peak, sum(size.proportional for size in sizes)), max(processes, len(sizes))
        resident = max(resident, sum(size.resident for size in sizes))
        time.sleep(SAMPLE_SECONDS)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"Exit {process.returncode}: {' '.join(command)}")
    return Usage(time.perf_counter() - started, used.ru_utime + used.ru_stime, peak, resident, processes)


def _tree(root: int) -> Iterator[int]:
    """A process and all its descendants."""
    yield root
    try:
        tasks = list(Path(f"/proc/{root}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):  # it has ended by now
        return
    for child in children:
        yield from _tree(child)


def _sizes(process: int) -> _Sizes:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):  # it has ended by now
        return _Sizes(0, 0)
    kilobytes = {line.split()[0]: int(line.split()[1]) for line in lines[1:]}
    return _Sizes(kilobytes["Pss:"] * 1024, kilobytes["Rss:"] * 1024)
