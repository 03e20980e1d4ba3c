"""Why attempts gave no item: reasons of one wording are one group, whatever they name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mifg_pipeline.items import Rejection

EXAMPLES = 3
"""Examples that are kept per group."""

_NAMED = re.compile(r"(?<!\w)'[^']*'(?!\w)|\"[^\"]*\"|\d+(?:\.\d+)?")


def wording(reason: str) -> str:
    """The reason without what it quotes and without numbers: equal for reasons of one kind."""
    return _NAMED.sub("…", reason)


@dataclass(frozen=True)
class RejectedQuestion:
    """A question that was turned down.

    Attributes:
        attempt: Index of the attempt.
        question: What it asked.
        reason: Why it was turned down.
    """

    attempt: int
    question: str
    reason: str


@dataclass
class ReasonGroup:
    """Rejections with reasons of one wording.

    Attributes:
        reason: Their wording.
        count: Number of them.
        examples: The first of them that had a question.
    """

    reason: str
    count: int = 0
    examples: list[RejectedQuestion] = field(default_factory=list)


@dataclass
class Rejections:
    """All rejections of a run; ``add`` takes them one by one.

    Attributes:
        gates: By the gate or agent that ended the attempt, groups by wording.
    """

    gates: dict[str, dict[str, ReasonGroup]] = field(default_factory=dict)

    def add(self, rejection: Rejection) -> None:
        """Takes in a rejection."""
        key = wording(rejection.reason)
        group = self.gates.setdefault(rejection.gate, {}).setdefault(key, ReasonGroup(key))
        group.count += 1
        if rejection.draft is not None and len(group.examples) < EXAMPLES:
            question = RejectedQuestion(rejection.attempt, rejection.draft.question, rejection.reason)
            group.examples.append(question)

    @property
    def total(self) -> int:
        """Number of rejections."""
        return sum(group.count for groups in self.gates.values() for group in groups.values())

    def by_gate(self) -> Iterator[tuple[str, list[ReasonGroup]]]:
        """Gates and their groups, those that rejected most first."""
        for gate, groups in sorted(self.gates.items(), key=lambda entry: (-_count(entry[1]), entry[0])):
            yield gate, sorted(groups.values(), key=lambda group: (-group.count, group.reason))


def _count(groups: dict[str, ReasonGroup]) -> int:
    return sum(group.count for group in groups.values())
