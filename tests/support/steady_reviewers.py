"""Annotators who decide one item after the other at a server that is killed under them, and what must hold after."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter

import httpx
from review_process import ReviewClient, ReviewServer, review_client

from mifg_pipeline.store import RunFolder
from mifg_pipeline.store.events import EventLog, event_logs

_PAUSE = 0.05
"""Seconds after which a client that got no answer asks again."""


@dataclass
class Reviewers:
    """Closed-loop clients: each sends its next request when it has the answer to the last.

    Attributes:
        server: Where they come to.
        acknowledged: Ids of the events that the server said it had stored, by annotator.
        seconds: How long each decision took that was answered at the first attempt.
    """

    server: ReviewServer
    acknowledged: dict[str, list[str]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    _count: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def review(self, annotators: list[str], kills: int, between: int) -> None:
        """Lets the annotators decide until nothing is left, and kills the server so often.

        Args:
            annotators: One client each.
            kills: How often the server is killed and started again.
            between: Decisions from one kill to the next.
        """
        with ThreadPoolExecutor(len(annotators)) as threads:
            work = [threads.submit(self._work, name) for name in annotators]
            for kill in range(1, kills + 1):
                self._wait_for(kill * between)
                self.server.kill()
                self.server.start()
            for done in work:
                done.result()

    def _wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._count >= count, timeout=600), f"only {self._count} decisions"

    def _work(self, annotator: str) -> None:
        acknowledged = self.acknowledged[annotator] = []
        with review_client(self.server.url, annotator) as client:
            while (answer := _steadily(client, "/api/next", {})).status_code == 200:
                task = answer.json()
                sent = {"digest": task["digest"], "previous": task["previous"], "decision": "accept"}
                started = perf_counter()
                decided = _steadily(client, f"/api/items/{task['id']}/decision", sent)
                if decided.status_code == 409:
                    continue  # another had the item when the server came back
                assert decided.status_code == 200, decided.text
                if decided.extensions["attempts"] == 1:
                    self.seconds.append(perf_counter() - started)
                acknowledged.append(decided.json()["event"]["id"])
                with self._changed:
                    self._count += 1
                    self._changed.notify()
            assert answer.status_code == 204, answer.text


def _steadily(client: ReviewClient, path: str, content: object) -> httpx.Response:
    """Asks until the server answers, as the page does; says in ``extensions`` at which attempt it did."""
    attempts = 0
    while True:
        attempts += 1
        try:
            answer = client.post(path, json=content)
            answer.extensions["attempts"] = attempts
            return answer
        except httpx.TransportError:
            threading.Event().wait(_PAUSE)


def lost_and_doubled(run: RunFolder, reviewers: Reviewers) -> tuple[set[str], set[str]]:
    """Ids of the acknowledged events that no log has, and of the items that are decided twice."""
    stored = {name: EventLog.of(run, name).read().events for name in reviewers.acknowledged}
    lost = {
        event_id
        for name, acknowledged in reviewers.acknowledged.items()
        for event_id in set(acknowledged) - {event.id for event in stored[name]}
    }
    decided = Counter(event.item_id for log in event_logs(run) for event in log.read().events)
    return lost, {item_id for item_id, count in decided.items() if count > 1}
