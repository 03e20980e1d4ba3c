"""The processes of vLLM engines that a process has started."""

import os
from pathlib import Path

SERVER = b"engines.vllm.server"


def processes_below(pid: int) -> list[int]:
    """Children of a process in the order in which they were started, each before its own."""
    tasks = [Path(task.path) for task in os.scandir(f"/proc/{pid}/task")]
    children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return [other for child in children for other in (child, *processes_below(child))]


def newest_server() -> tuple[int, int]:
    """Keeper and engine that this process has started last."""
    keeper, engine = server_processes()[-2:]
    return keeper, engine


def server_processes() -> list[int]:
    """Keepers and engines of this process, an engine after its keeper."""
    return [pid for pid in processes_below(os.getpid()) if SERVER in Path(f"/proc/{pid}/cmdline").read_bytes()]
