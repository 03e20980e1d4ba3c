"""One run of one arm against a stub server of its own, which counts what is asked."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from processes import Usage, run_measured
from replies import FixedReplies

from mifg_pipeline.stub.serving import serving
from mifg_pipeline.stub.settings import StubSettings

CALLS_PER_ROW = 4

_MOST_EXTRA = 4
"""Requests beyond those: some arms ask first whether the server is there, or what its limits are."""

MakeCommand = Callable[[str], Sequence[str]]
"""The command of an arm for a server at a URL."""


@dataclass(frozen=True)
class Trial:
    """What a run took.

    Attributes:
        rows: That were made.
        usage: Of the arm's processes, from start to end.
        seconds: From the first request to the last reply.
        requests: That reached the server.
        replied: Those of them that got a reply.
        peak: Most requests in flight.
        server_cpu: CPU seconds of the server.
    """

    rows: int
    usage: Usage
    seconds: float
    requests: int
    replied: int
    peak: int
    server_cpu: float

    @property
    def cpu_per_row(self) -> float:
        """Milliseconds of the arm's processes, with start and end."""
        return self.usage.cpu / self.rows * 1e3

    @property
    def rows_per_second(self) -> float:
        """From the first request to the last reply."""
        return self.rows / self.seconds


def run_trial(make_command: MakeCommand, rows: int, latency: float, log: Path, *, watch_memory: bool = False) -> Trial:
    """Runs an arm to its end, its output in a file.

    The server runs in this process, which does nothing else meanwhile.

    Raises:
        SystemExit: If the arm fails, or did not make four calls a row.
    """
    trial = asyncio.run(_run(make_command, rows, latency, log, watch_memory))
    if not 0 <= trial.replied - CALLS_PER_ROW * rows <= _MOST_EXTRA or trial.requests - trial.replied > _MOST_EXTRA:
        raise SystemExit(f"{trial.requests} requests and {trial.replied} replies for {rows} rows; see {log}.")
    return trial


async def _run(make_command: MakeCommand, rows: int, latency: float, log: Path, watch_memory: bool) -> Trial:
    replies = FixedReplies()
    async with serving(StubSettings(latency=latency), replies) as url:
        cpu = time.process_time()
        with log.open("w", encoding="utf-8") as output:
            usage = await asyncio.to_thread(run_measured, make_command(url), watch_memory=watch_memory, output=output)
        cpu = time.process_time() - cpu
        stats = await asyncio.to_thread(_stats, url)
    return Trial(
        rows=rows,
        usage=usage,
        seconds=replies.last - replies.first + latency,
        requests=stats["requests"],
        replied=stats["outcomes"].get("replied", 0),
        peak=stats["peak_in_flight"],
        server_cpu=cpu,
    )


def _stats(url: str) -> dict:
    with urlopen(f"{url.removesuffix('/v1')}/stub/stats") as response:
        return json.load(response)
