"""Asked and reached: the quotas of a run against what its ledger holds, and why something is missing."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.gates import Facets, QuotaRow, Quotas
from mifg_pipeline.gates.quotas import OTHER
from mifg_pipeline.items import Rejection
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
        why_not: What ended attempts of the family, or attempts whose last draft had the value, most often, where some
            items are missing; empty where the ledger does not tell.
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
    rows = quotas.rows()
    ends = _ends(rows, ledger)
    return [QuotaOutcome(*row, _why_not(row, ends, families_off)) for row in rows]


def facets_of(facts: AcceptedFacts) -> Facets:
    """What quotas look at in an accepted item."""
    return Facets(family_of(facts.writer), facts.difficulty, str(facts.images), facts.answer_kind)


def family_of(program: str) -> str:
    """The family in a program's name."""
    return program.partition("/")[0]


@dataclass
class _Ends:
    """How many attempts each step ended, by the value of a dimension that they had.

    Attributes:
        named: Dimensions and values that have a quota of their own.
    """

    named: frozenset[tuple[str, str]]
    counts: defaultdict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, dimension: str, value: str, step: str, count: int = 1) -> None:
        slot = (dimension, value)
        self.counts[slot if slot in self.named else (dimension, OTHER)][step] += count


def _ends(rows: list[QuotaRow], ledger: Ledger) -> _Ends:
    """Reads of the rejections what is needed: the drafts of thousands of them take a while."""
    ends = _Ends(frozenset((row.dimension, row.value) for row in rows))
    short = {row.dimension for row in rows if row.reached < row.asked}
    if "family" in short:
        for program, step, count in ledger.rejection_counts():
            if program:
                ends.add("family", family_of(program), step, count)
    if short - {"family"}:
        for line in ledger.rejection_lines():
            rejection = Rejection.model_validate_json(line)
            for dimension, value in _known_of_draft(rejection):
                ends.add(dimension, value, rejection.gate)
    return ends


def _known_of_draft(rejection: Rejection) -> Iterator[tuple[str, str]]:
    """What the ledger knows of the last draft of an attempt, apart from its family."""
    if rejection.draft is None:
        return
    yield "images", str(len(rejection.draft.images))
    yield "answer", rejection.draft.answer.kind
    if rejection.gate == "glance_share":
        yield "difficulty", "glance"
    elif rejection.gate == "quota" and "difficulty" in rejection.figures:
        yield "difficulty", str(rejection.figures["difficulty"])


def _why_not(row: QuotaRow, ends: _Ends, families_off: Mapping[str, str]) -> str:
    if row.reached >= row.asked:
        return ""
    is_family = row.dimension == "family"
    if is_family and row.value in families_off:
        return families_off[row.value]
    steps = ends.counts[row.dimension, row.value].most_common(_REASONS_SHOWN)
    if steps:
        of_whom = "attempts" if is_family else "attempts with such a draft"
        return f"{of_whom} were ended by: {', '.join(f'{step} {count}' for step, count in steps)}"
    if row.dimension in ("images", "answer"):
        return f"no {'other ' if row.reached else ''}attempt came to such a draft"
    return ""
