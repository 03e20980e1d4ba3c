"""What model calls took."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Usage:
    """Calls of models, added up.

    Attributes:
        calls: Calls that reached a server.
        replayed: Calls that were answered from the replay cache.
        unpriced: Calls that reached a server and whose price is unknown.
        prompt_tokens: Of the calls that reached a server.
        completion_tokens: Of the calls that reached a server.
        money: Cost of the priced calls.
        seconds: Time that the calls took at the server, added up over calls that ran side by side.
    """

    calls: int = 0
    replayed: int = 0
    unpriced: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    money: float = 0.0
    seconds: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        """Both together."""
        return Usage(*(mine + theirs for mine, theirs in zip(self._values(), other._values(), strict=True)))

    def _values(self) -> tuple[Any, ...]:
        return tuple(vars(self).values())
