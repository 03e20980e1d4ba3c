"""What the doctor says of one thing, and of all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class Check:
    """One thing that was examined.

    Attributes:
        name: Of the thing.
        status: ``skipped`` where it could not be examined, or does not apply.
        finding: What was seen, in one sentence.
        remedy: The setting to change, where it failed.
        figures: What was measured, by name; nats, seconds, bytes or counts.
    """

    name: str
    status: Status
    finding: str
    remedy: str | None = None
    figures: dict[str, float | int | None] = field(default_factory=dict)


def passed(name: str, finding: str, **figures: float | int | None) -> Check:
    """A thing that is as it must be."""
    return Check(name, "passed", finding, figures=figures)


def failed(name: str, finding: str, remedy: str, **figures: float | int | None) -> Check:
    """A thing that must not be trained with."""
    return Check(name, "failed", finding, remedy, figures)


def skipped(name: str, finding: str, **figures: float | int | None) -> Check:
    """A thing that nothing can be said of."""
    return Check(name, "skipped", finding, figures=figures)


def is_healthy(checks: Sequence[Check]) -> bool:
    """Whether none failed."""
    return all(check.status != "failed" for check in checks)
