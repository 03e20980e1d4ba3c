"""The sequencer: run-level decisions, taken in order of the attempts whatever the concurrency."""

from math import ceil
from typing import Self

from pydantic import JsonValue

from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.gates import Quotas
from mifg_pipeline.items import Draft, Item, Rejection
from mifg_pipeline.store import Accepted, AcceptedFacts, Ledger, Outcome, Rejected, TrailEntry
from mifg_pipeline.store.asked_and_reached import facets_of, family_of


class Sequencer:
    """Decides what only the whole run can decide: repeated questions, the share of easy items, quotas.

    Args:
        settings: Of the run.

    Attributes:
        accepted: Items so far.
        decided: Attempts so far.
    """

    def __init__(self, settings: GenerateSettings) -> None:
        self._most_glances = int(settings.gates.glance_share * settings.items)
        self._glances = 0
        self._question_keys: set[str] = set()
        self._quotas = Quotas(settings.quotas, settings.items)
        self.accepted = 0
        self.decided = 0

    @classmethod
    def resume(cls, settings: GenerateSettings, ledger: Ledger) -> Self:
        """A sequencer that goes on where the ledger ends."""
        sequencer = cls(settings)
        for facts in ledger.accepted():
            sequencer._count(facts)
        sequencer.decided = ledger.attempts()
        return sequencer

    def attempts_to_go(self, wanted: int) -> int:
        """Attempts that are likely to give the items still wanted, by the share that was accepted so far."""
        acceptance = (self.accepted + 1) / (self.decided + 1)
        return ceil((wanted - self.accepted) / acceptance)

    def is_closed(self, program: str) -> bool:
        """Whether no item of the program's family can be accepted any more; it then never can again."""
        return self._quotas.is_full("family", family_of(program))

    def decide(self, outcome: Outcome) -> Outcome:
        """The final outcome of the next attempt in order.

        An attempt of a closed family has one and the same outcome, whether it was made or not.
        """
        self.decided += 1
        program = program_of(outcome)
        if program and self.is_closed(program):
            return closed(attempt_of(outcome), program)
        if isinstance(outcome, Rejected):
            return outcome
        facts = AcceptedFacts.of(outcome)
        if facts.question_key in self._question_keys:
            return _turned_down(outcome, "repeated_question", "an earlier item asks the same of the same images", {})
        if facts.difficulty == "glance" and self._glances >= self._most_glances:
            figures: dict[str, JsonValue] = {"most": self._most_glances}
            return _turned_down(outcome, "glance_share", "enough items are answerable at first view", figures)
        full = self._quotas.full_dimension(facets_of(facts))
        if full is not None:
            value = getattr(facets_of(facts), full)
            return _turned_down(outcome, "quota", f"enough items of this {full}", {full: value})
        self._count(facts)
        return outcome

    def _count(self, facts: AcceptedFacts) -> None:
        self.accepted += 1
        self._glances += facts.difficulty == "glance"
        self._question_keys.add(facts.question_key)
        self._quotas.count(facets_of(facts))


def program_of(outcome: Outcome) -> str:
    """The program or model that an attempt was planned for; empty where none was."""
    if isinstance(outcome, Rejected):
        return outcome.rejection.program
    # A model's name as a writer goes on with the digest of its prompt, which a plan knows nothing of.
    return outcome.item.provenance.writer.partition("@")[0]


def attempt_of(outcome: Outcome) -> int:
    """The index of an attempt."""
    return outcome.item.provenance.attempt if isinstance(outcome, Accepted) else outcome.rejection.attempt


def closed(attempt: int, program: str) -> Rejected:
    """The outcome of an attempt whose family has all its items."""
    return Rejected(
        Rejection(
            attempt=attempt,
            program=program,
            gate="quota",
            reason="enough items of this family",
            figures={"family": family_of(program)},
        ),
        trail=(TrailEntry("quota", 0, passed=False, seconds=0.0),),
    )


def _turned_down(outcome: Accepted, step: str, reason: str, figures: dict[str, JsonValue]) -> Rejected:
    item = outcome.item
    return Rejected(
        Rejection(
            attempt=item.provenance.attempt,
            program=program_of(outcome),
            gate=step,
            reason=reason,
            figures=figures,
            draft=_as_draft(item),
        ),
        trail=(*outcome.trail, TrailEntry(step, outcome.trail[-1].round, passed=False, seconds=0.0)),
    )


def _as_draft(item: Item) -> Draft:
    shared = {name: getattr(item, name) for name in Draft.model_fields if name in Item.model_fields}
    return Draft(**shared, writer=item.provenance.writer)
