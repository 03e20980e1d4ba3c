"""The sequencer: run-level decisions, taken in order of the attempts whatever the concurrency."""

from typing import Self

from pydantic import JsonValue

from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.items import Draft, Item, Rejection
from mifg_pipeline.store import Accepted, Ledger, Outcome, Rejected, TrailEntry


class Sequencer:
    """Decides what only the whole run can decide: repeated questions and the share of easy items.

    Args:
        settings: Of the run.
        accepted: Items accepted so far.
        glances: How many of them are answerable at first view.
        question_keys: Their question keys.
    """

    def __init__(
        self,
        settings: GenerateSettings,
        *,
        accepted: int = 0,
        glances: int = 0,
        question_keys: set[str] | None = None,
    ) -> None:
        self._most_glances = int(settings.gates.glance_share * settings.items)
        self._glances = glances
        self._question_keys = question_keys if question_keys is not None else set()
        self.accepted = accepted

    @classmethod
    def resume(cls, settings: GenerateSettings, ledger: Ledger) -> Self:
        """A sequencer that goes on where the ledger ends."""
        return cls(
            settings,
            accepted=ledger.accepted_count(),
            glances=ledger.glance_count(),
            question_keys=ledger.question_keys(),
        )

    def decide(self, outcome: Outcome) -> Outcome:
        """The final outcome of the next attempt in order."""
        if isinstance(outcome, Rejected):
            return outcome
        item = outcome.item
        if outcome.question_key in self._question_keys:
            return _turned_down(outcome, "repeated_question", "an earlier item asks the same of the same images", {})
        if item.difficulty == "glance" and self._glances >= self._most_glances:
            figures: dict[str, JsonValue] = {"most": self._most_glances}
            return _turned_down(outcome, "glance_share", "enough items are answerable at first view", figures)
        self.accepted += 1
        self._glances += item.difficulty == "glance"
        self._question_keys.add(outcome.question_key)
        return outcome


def _turned_down(outcome: Accepted, step: str, reason: str, figures: dict[str, JsonValue]) -> Rejected:
    item = outcome.item
    last_round = outcome.trail[-1].round
    return Rejected(
        rejection=Rejection(
            attempt=item.provenance.attempt, gate=step, reason=reason, figures=figures, draft=_as_draft(item)
        ),
        trail=(*outcome.trail, TrailEntry(step, last_round, passed=False, seconds=0.0)),
    )


def _as_draft(item: Item) -> Draft:
    shared = {name: getattr(item, name) for name in Draft.model_fields if name in Item.model_fields}
    return Draft(**shared, writer=item.provenance.writer)
