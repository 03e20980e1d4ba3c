"""Says on what machine and by which command figures came about: they mean nothing without."""

import os
import platform
import shlex
import sys
from importlib.metadata import version
from pathlib import Path


def print_header(*libraries: str) -> None:
    """Prints the machine line and the command.

    Args:
        libraries: Distributions whose versions matter to the figures.
    """
    python = f"Python {platform.python_version()}"
    versions = ", ".join([python, *(f"{name} {version(name)}" for name in libraries)])
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    sys.stdout.write(f"Machine: {_cpu_model()}, {cores} cores, {_memory_gb():.0f} GB, load {load:.1f}; {versions}\n")
    sys.stdout.write(f"Command: python {shlex.join(sys.argv)}\n\n")
    sys.stdout.flush()


def _cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
