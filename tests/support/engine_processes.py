"""The processes of vLLM engines that a process has started."""

import os
from pathlib import Path

SERVER = b"engines.vllm.server"


def processes_below(pid: int) -> list[int]:
    """Children of a process, theirs, and so on."""
    tasks = [Path(task.path) for task in os.scandir(f"/proc/{pid}/task")]
    below = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return below + [other for child in below for other in processes_below(child)]


def server_processes() -> list[int]:
    """Keepers and engines of this process, an engine after its keeper."""
    return [pid for pid in processes_below(os.getpid()) if SERVER in Path(f"/proc/{pid}/cmdline").read_bytes()]
