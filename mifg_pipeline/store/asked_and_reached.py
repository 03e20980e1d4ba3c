"""Asked and reached: the quotas of a run against what its ledger holds, and why something is missing."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.gates import Facets, Quotas
from mifg_pipeline.store.ledger import AcceptedFacts, Ledger

_REASONS_SHOWN = 3


@dataclass(frozen=True)
class QuotaOutcome:
    """One value of a dimension.

    Attributes:
        dimension: family, difficulty, images or answer.
        value: The value, or ``other`` for all that were not named.
        asked: Items that the quota allows.
        reached: Items that there are.
        why_not: What ended attempts of the family most often, where some items are missing.
    """

    dimension: str
    value: str
    asked: int
    reached: int
    why_not: str


def asked_and_reached(
    settings: GenerateSettings, families_off: Mapping[str, str], ledger: Ledger
) -> list[QuotaOutcome]:
    """The outcome of every quota; empty where none was set."""
    quotas = Quotas(settings.quotas, settings.items)
    for facts in ledger.accepted():
        quotas.count(facets_of(facts))
    ends: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for program, gate, count in ledger.rejection_counts():
        ends[family_of(program)][gate] += count

    def why_not(dimension: str, value: str, missing: int) -> str:
        if missing <= 0 or dimension != "family":
            return ""
        most = ", ".join(f"{gate} {count}" for gate, count in ends[value].most_common(_REASONS_SHOWN))
        return families_off.get(value) or (f"attempts were ended by: {most}" if most else "")

    return [QuotaOutcome(*row, why_not(row.dimension, row.value, row.asked - row.reached)) for row in quotas.rows()]


def facets_of(facts: AcceptedFacts) -> Facets:
    """What quotas look at in an accepted item."""
    return Facets(family_of(facts.writer), facts.difficulty, str(facts.images), facts.answer_kind)


def family_of(program: str) -> str:
    """The family in a program's name."""
    return program.partition("/")[0]
