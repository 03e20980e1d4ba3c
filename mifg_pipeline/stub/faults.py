"""What goes wrong with a request, decided by its digest so that runs can be compared.

Whether a request *fails* depends also on how often it was seen, so that asking again helps. What a *reply* is like does
not: a run that was interrupted and asks again is told the same as one that was not.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import TypeVar

from mifg_pipeline.stub.settings import StubSettings

_Kind = TypeVar("_Kind")


class Failure(StrEnum):
    """Ways in which a request comes to nothing; asking again may help."""

    THROTTLED = "throttled"
    INTERNAL_ERROR = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    NO_REPLY = "connection dropped"
    HALF_A_REPLY = "reply broken off"


ERRORS = tuple(failure for failure in Failure if failure is not Failure.THROTTLED)
"""What ``StubSettings.errors`` stands for, in equal shares."""


class Flaw(StrEnum):
    """Ways in which a model's reply is of no use, or hard to use."""

    REFUSED = "refused"
    FILTERED = "filtered"
    TRUNCATED = "truncated"
    PROSE = "prose"
    FENCED = "fenced"
    CUT = "cut"
    WRONG_SHAPE = "wrong shape"
    EMPTY = "empty"


REFUSALS = (Flaw.REFUSED, Flaw.FILTERED)
"""What ``StubSettings.refusals`` stands for, in equal shares."""

MALFORMED = (Flaw.PROSE, Flaw.FENCED, Flaw.CUT, Flaw.WRONG_SHAPE, Flaw.EMPTY)
"""What ``StubSettings.malformed`` stands for, in equal shares."""


@dataclass(frozen=True)
class Fate:
    """What happens to a request.

    Attributes:
        failure: How it fails, None where it is replied to.
        flaw: What is wrong with the reply, None where nothing is.
        seconds: How long it takes.
    """

    failure: Failure | None
    flaw: Flaw | None
    seconds: float


def fate_of(digest: bytes, seen: int, settings: StubSettings) -> Fate:
    """The fate of a request: a pure function of all three.

    Args:
        digest: Of the request's content.
        seen: How often the same request came before.
        settings: Shares and times.
    """
    failing, which_failure, waiting, straggling = _chances(settings.seed, digest, seen)
    flawed, which_flaw, _, _ = _chances(settings.seed, digest, -1)
    factor = settings.straggler_factor if straggling < settings.stragglers else 1.0
    return Fate(
        failure=_pick(failing, which_failure, ((settings.throttles, (Failure.THROTTLED,)), (settings.errors, ERRORS))),
        flaw=_pick(
            flawed,
            which_flaw,
            (
                (settings.malformed, MALFORMED),
                (settings.truncated, (Flaw.TRUNCATED,)),
                (settings.refusals, REFUSALS),
            ),
        ),
        seconds=factor * (settings.latency + settings.jitter * waiting),
    )


def _chances(seed: int, digest: bytes, draw: int) -> tuple[float, float, float, float]:
    """Four independent numbers, uniform in [0, 1)."""
    words = struct.unpack("<4Q", blake2b(digest, digest_size=32, key=f"{seed} {draw}".encode()).digest())
    first, second, third, fourth = ((word >> 11) / 2**53 for word in words)
    return first, second, third, fourth


def _pick(chance: float, which: float, shares: Sequence[tuple[float, Sequence[_Kind]]]) -> _Kind | None:
    for share, kinds in shares:
        if chance < share:
            return kinds[int(which * len(kinds))]
        chance -= share
    return None
