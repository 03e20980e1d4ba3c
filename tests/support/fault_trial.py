"""Runs over a server that fails, with the server restarted and the process killed on the way."""

import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal

from app_thread import AppThread, app_thread
from model_runs import finished_calls, settings_file
from stub_process import MIFG

from mifg_pipeline.corpus import Corpus
from mifg_pipeline.stub.server import StubServer
from mifg_pipeline.stub.settings import StubSettings
from mifg_pipeline.stub.stats import Stats
from mifg_pipeline.stub.world import World, WorldSettings

POLL_SECONDS = 0.02
DOWN_SECONDS = 1.0
"""For which a server is away when it is restarted."""

Event = tuple[float, Literal["kill", "restart"]]
"""What happens, and the share of the expected replies after which it does."""


@dataclass(frozen=True)
class Kill:
    """A moment at which the process was killed. A call is finished when its reply is in the ledger.

    Attributes:
        in_flight: Requests that had been replied to without their replies being in the ledger.
        asked_again: Requests that had been replied to and were sent again after it.
    """

    in_flight: int
    asked_again: int


@dataclass(frozen=True)
class Trial:
    """What came of a run.

    Attributes:
        candidates: The items, byte by byte.
        stretches: Start and end of the times at which both the server and the program were there, the program from its
            first request on.
        calls: That were finished.
        outcomes: Requests by what came of them at the server.
        peaks: Most requests in flight at a time before the first restart of the server, after it, and so on.
        repeated: Replies beyond the first to a request.
        kills: In order.
        progress: Samples of the seconds since the start and the replies until then.
    """

    candidates: bytes
    stretches: tuple[tuple[float, float], ...]
    calls: int
    outcomes: Counter[str]
    peaks: tuple[int, ...]
    repeated: int
    kills: tuple[Kill, ...]
    progress: tuple[tuple[float, int], ...]

    @property
    def seconds(self) -> float:
        """From the first start of the program to its last end."""
        return self.stretches[-1][1]

    def seconds_until(self, share: float) -> float:
        """When this share of the calls had been replied to."""
        return next((at for at, replies in self.progress if replies >= share * self.calls), self.seconds)

    def fewest_replies(self, seconds: float, start: float, end: float) -> int:
        """Fewest replies in any stretch of so many seconds, from one share of the calls to another."""
        first, last = self.seconds_until(start), self.seconds_until(end)
        samples = [(at, replies) for at, replies in self.progress if first <= at <= last]
        return min(
            next(replies for until, replies in samples if until >= at + seconds) - before
            for at, before in samples
            if at + seconds <= samples[-1][0]
        )


def make_run(
    scenes: Path,
    run: Path,
    items: int,
    servers: Sequence[StubSettings],
    *,
    concurrency: int,
    events: Sequence[Event] = (),
    expected: int = 0,
) -> Trial:
    """Makes the items of a run to the end, whatever happens on the way.

    Args:
        scenes: Corpus of drawn scenes.
        run: The run folder; settings and output of the program are put beside it.
        items: To make.
        servers: What the server is like, before the first restart, after it, and so on.
        concurrency: Most requests in flight.
        events: In order.
        expected: Replies that the shares of the events are of.
    """
    with app_thread() as thread, run.with_suffix(".log").open("a") as log:
        settings = settings_file(run.with_suffix(".yaml"), thread.url, server={"concurrency": concurrency})
        command = ["generate", "--corpus", scenes, "--out", run, "--config", settings, "--items", items]
        server = _Server(thread, World(Corpus.open(scenes), WorldSettings()))
        return _Course([*MIFG, *map(str, command)], run, server, log).follow(servers, events, expected)


class _Server:
    """The stub with its world; what it has seen outlasts its restarts, so that no fate strikes twice."""

    def __init__(self, thread: AppThread, world: World) -> None:
        self._thread = thread
        self._world = world
        self._stats = Stats()
        self.peaks: list[int] = []

    def start(self, settings: StubSettings) -> None:
        stub = StubServer(settings, self._world)
        stub.stats = self._stats
        self._thread.start(stub.application())

    def stop(self) -> None:
        self._thread.stop()
        self.peaks.append(self._stats.peak)
        self._stats.peak = 0

    def replied(self) -> Counter[bytes]:
        """Replies by request; a copy, for the server goes on meanwhile."""
        return Counter(dict(self._stats.replied))

    def admitted(self) -> Counter[bytes]:
        """Requests by what they ask, a copy as well."""
        return Counter(dict(self._stats.admitted))

    def outcomes(self) -> Counter[str]:
        """Requests by what came of them, a copy as well."""
        return Counter(dict(self._stats.outcomes))

    @property
    def is_idle(self) -> bool:
        return self._stats.in_flight == 0


@dataclass
class _Course:
    """The course of a run."""

    command: list[str]
    run: Path
    server: _Server
    log: IO[str]
    started: float = field(default_factory=time.monotonic)
    stretches: list[tuple[float, float]] = field(default_factory=list)
    up_since: float = 0.0
    killed: list[tuple[int, Counter[bytes], Counter[bytes]]] = field(default_factory=list)
    progress: list[tuple[float, int]] = field(default_factory=list)

    def follow(self, servers: Sequence[StubSettings], events: Sequence[Event], expected: int) -> Trial:
        upcoming = iter(servers)
        self.server.start(next(upcoming))
        process = self._start()
        try:
            for share, event in events:
                self._wait_for_replies(process, share * expected)
                self.stretches.append((self.up_since, self._now()))
                if event == "kill":
                    self._kill(process)
                    process = self._start()
                else:
                    self._restart_server(next(upcoming))
            self._wait_for_end(process)
        finally:
            process.kill()
        self.stretches.append((self.up_since, self._now()))
        self.server.stop()
        return self._trial()

    def _start(self) -> subprocess.Popen[bytes]:
        before = self.server.admitted().total()
        process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log)
        while process.poll() is None and self.server.admitted().total() == before:
            time.sleep(POLL_SECONDS)
        self.up_since = self._now()
        return process

    def _wait_for_replies(self, process: subprocess.Popen[bytes], count: float) -> None:
        while self._sample() < count:
            assert process.poll() is None, f"ended before {count} replies: {self._said()}"
            time.sleep(POLL_SECONDS)

    def _wait_for_end(self, process: subprocess.Popen[bytes]) -> None:
        while process.poll() is None:
            self._sample()
            time.sleep(POLL_SECONDS)
        assert process.returncode == 0, self._said()

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        while not self.server.is_idle:
            time.sleep(POLL_SECONDS)
        self.killed.append((finished_calls(self.run), self.server.replied(), self.server.admitted()))

    def _restart_server(self, settings: StubSettings) -> None:
        self.server.stop()
        time.sleep(DOWN_SECONDS)
        self.server.start(settings)
        self.up_since = self._now()

    def _now(self) -> float:
        return time.monotonic() - self.started

    def _sample(self) -> int:
        replies = self.server.replied().total()
        self.progress.append((self._now(), replies))
        return replies

    def _said(self) -> str:
        return self.run.with_suffix(".log").read_text()

    def _trial(self) -> Trial:
        replied, admitted = self.server.replied(), self.server.admitted()
        return Trial(
            candidates=(self.run / "candidates.jsonl").read_bytes(),
            stretches=tuple(self.stretches),
            calls=finished_calls(self.run),
            outcomes=self.server.outcomes(),
            peaks=tuple(self.server.peaks),
            repeated=replied.total() - len(replied),
            kills=tuple(
                Kill(
                    in_flight=len(replied_then) - finished,
                    asked_again=sum(admitted[digest] > admitted_then[digest] for digest in replied_then),
                )
                for finished, replied_then, admitted_then in self.killed
            ),
            progress=tuple(self.progress),
        )
