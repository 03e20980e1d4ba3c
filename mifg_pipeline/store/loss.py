"""What judge and solvers cost in good items, measured on drafts of programs, whose keys are true by construction."""

from dataclasses import dataclass

from mifg_pipeline.store.ledger import Ledger

MODEL_GATES = frozenset({"judge", "blind", "necessity", "focus", "consistency"})
"""Gates at which a model's word ends an attempt."""

_MODEL_WRITER = "model/"


@dataclass(frozen=True)
class Loss:
    """Attempts whose last draft a program wrote.

    Attributes:
        lost: Those that a gate of models ended.
        kept: Those that gave an item.
    """

    lost: int
    kept: int

    @property
    def share(self) -> float:
        """Lost of all; 0 where there are none."""
        return self.lost / (self.lost + self.kept) if self.lost else 0.0


def loss_on_programs(ledger: Ledger) -> Loss:
    """The loss so far. Not all of it is a mistake: what can be answered blind has a true key too."""
    lost = sum(
        count
        for program, gate, count in ledger.rejection_counts()
        if gate in MODEL_GATES and not program.startswith(_MODEL_WRITER)
    )
    kept = sum(not facts.writer.startswith(_MODEL_WRITER) for facts in ledger.accepted())
    return Loss(lost, kept)
