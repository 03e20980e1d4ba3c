"""What the stub server has seen: figures that tests and benchmarks read."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pydantic import JsonValue


@dataclass
class Visit:
    """One request while it is served.

    Attributes:
        outcome: What came of it; that its client went away, until something else did.
    """

    outcome: str = "abandoned"


@dataclass
class Stats:
    """Counts of chat completion requests.

    Attributes:
        in_flight: Requests that are being served.
        peak: Most that were served at a time.
        outcomes: Requests by what came of them.
        admitted: Requests by digest; those beyond the limit, of a wrong key or form are not among them.
        replied: Completions by digest of the request.
    """

    in_flight: int = 0
    peak: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    admitted: Counter[bytes] = field(default_factory=Counter)
    replied: Counter[bytes] = field(default_factory=Counter)

    @contextmanager
    def visit(self) -> Iterator[Visit]:
        """Counts a request from when it was read to its outcome."""
        visit = Visit()
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            yield visit
        finally:
            self.in_flight -= 1
            self.outcomes[visit.outcome] += 1

    def admit(self, digest: bytes) -> int:
        """Counts a request that is served; gives how often the same one came before."""
        before = self.admitted[digest]
        self.admitted[digest] = before + 1
        return before

    def as_json(self) -> JsonValue:
        """All figures; ``repeated_replies`` counts completions beyond the first of a request."""
        return {
            "requests": self.outcomes.total() + self.in_flight,
            "outcomes": dict(self.outcomes),
            "in_flight": self.in_flight,
            "peak_in_flight": self.peak,
            "distinct_requests": len(self.admitted),
            "repeated_replies": self.replied.total() - len(self.replied),
            "requests_by_digest": {digest.hex(): count for digest, count in self.admitted.items()},
            "replies_by_digest": {digest.hex(): count for digest, count in self.replied.items()},
        }
