"""The order of review: items that people will most likely find fault with come first, by what they decided so far."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from mifg_pipeline.store.review_records import Decision

LEVELS: Final = 4
"""Steps between solvers who all agree with the key and solvers none of whom does."""

_PROBES_OF_THE_KEY: Final = frozenset({"focus", "consistency", "difficulty"})
"""Probes that show all an item has to show: whoever answers otherwise contradicts the key."""

_ANY_FAULT: Final = 0.05
_FAULT_IN_DOUBT: Final = 0.3
_FAULT_CONTRADICTED: Final = 0.5
_WEIGHT: Final = 10.0
"""Decisions that outweigh what was thought beforehand."""

FAULTS: Final[frozenset[Decision]] = frozenset({"reject", "edit", "flag"})
"""Decisions by which a person finds fault with an item as it was generated."""


class VerdictGlance(msgspec.Struct):
    """What the order of review needs of a verdict."""

    people_first: bool


class ProbeGlance(msgspec.Struct):
    """What the order of review needs of a probe."""

    kind: str
    attempts: int
    correct: int


class ProvenanceGlance(msgspec.Struct):
    """What the order of review needs of where an item comes from."""

    writer: str


class ItemGlance(msgspec.Struct):
    """What the queue must know of every item beforehand; the parser skips all else in its line."""

    id: str
    digest: str
    verdict: VerdictGlance
    provenance: ProvenanceGlance
    probes: list[ProbeGlance] = []


class Stratum(NamedTuple):
    """Items that look equally doubtful before anybody has seen them.

    Attributes:
        in_doubt: Whether a gate was in doubt, or no witness could check the key.
        contradicted: How many of the solvers contradict the key, from 0 (none) to ``LEVELS`` (all).
        writer: The question form, or the model that wrote it.
    """

    in_doubt: bool
    contradicted: int
    writer: str

    @classmethod
    def of(cls, item: ItemGlance) -> "Stratum":
        """The stratum of an item."""
        contradicted = max(map(_contradicted, item.probes), default=0)
        return cls(item.verdict.people_first, contradicted, item.provenance.writer)

    def prior(self) -> float:
        """How likely a fault is thought to be before anybody has decided anything."""
        sound = (1 - _ANY_FAULT) * (1 - _FAULT_CONTRADICTED * self.contradicted / LEVELS)
        return 1 - sound * (1 - _FAULT_IN_DOUBT if self.in_doubt else 1)


@dataclass
class Tally:
    """What people decided so far, by stratum.

    Attributes:
        decided: Decisions on items of each stratum.
        faults: Those among them that found fault.
    """

    decided: Counter[Stratum] = field(default_factory=Counter)
    faults: Counter[Stratum] = field(default_factory=Counter)

    def count(self, stratum: Stratum, decision: Decision, times: int = 1) -> None:
        """Takes in a decision, or takes it out again with ``times`` -1; ``skip`` says nothing."""
        if decision != "skip":
            self.decided[stratum] += times
            self.faults[stratum] += times * (decision in FAULTS)

    def doubts(self, strata: Iterable[Stratum]) -> dict[Stratum, float]:
        """How likely a fault is in each stratum, between 0 and 1.

        The share of faults that people found, drawn towards that of all question forms with the same signs of doubt,
        which is drawn towards the prior: the means of two nested beta distributions.
        """
        decided: Counter[tuple[bool, int]] = Counter()
        faults: Counter[tuple[bool, int]] = Counter()
        for stratum, count in self.decided.items():
            decided[stratum[:2]] += count
            faults[stratum[:2]] += self.faults[stratum]
        return {
            stratum: _mean(
                self.faults[stratum],
                self.decided[stratum],
                _mean(faults[stratum[:2]], decided[stratum[:2]], stratum.prior()),
            )
            for stratum in strata
        }


def _mean(faults: int, decided: int, prior: float) -> float:
    return (faults + _WEIGHT * prior) / (decided + _WEIGHT)


def _contradicted(probe: ProbeGlance) -> int:
    if probe.kind not in _PROBES_OF_THE_KEY or not probe.attempts:
        return 0
    # Rounded up: one who contradicts the key is a sign.
    return -((probe.correct - probe.attempts) * LEVELS // probe.attempts)
