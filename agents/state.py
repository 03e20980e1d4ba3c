"""What the agents pass on (digests and small records, never image bytes) and what they work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from mifg_pipeline.items import Difficulty, Draft, GateResult, Pool, Record
from mifg_pipeline.store.ledger import TrailEntry

if TYPE_CHECKING:
    from mifg_pipeline.agents.answer_verifier import AnswerVerifier
    from mifg_pipeline.agents.image_curator import ImageCurator
    from mifg_pipeline.agents.question_writer import QuestionWriter
    from mifg_pipeline.config import GenerateSettings


class Plan(Record):
    """What the image curator decided: which program asks about which corpus images.

    Attributes:
        program: Name of the program.
        images: Digests of the corpus images, in the order in which the program sees them.
        pool: The pool that all of them belong to.
    """

    program: str
    images: tuple[str, ...]
    pool: Pool


class ItemState(TypedDict, total=False):
    """State of the graph for one attempt.

    Attributes:
        attempt: Index of the attempt within the run.
        round: 0 for the first draft, then one more per revision.
        plan: The curator's decision.
        draft: The writer's last draft.
        passed: Gate results of this round so far, all passed.
        failure: What stopped this round, if anything did.
        earlier: What stopped the rounds before.
        difficulty: The critic's label.
        people_first: The verifier's mark.
        trail: Every step so far, with its CPU time.
    """

    attempt: int
    round: int
    plan: Plan
    draft: Draft
    passed: tuple[GateResult, ...]
    failure: GateResult | None
    earlier: tuple[GateResult, ...]
    difficulty: Difficulty
    people_first: bool
    trail: tuple[TrailEntry, ...]


@dataclass(frozen=True)
class Agents:
    """Runtime context of the graph: who plays each role, and the settings they share."""

    settings: GenerateSettings
    curator: ImageCurator
    writer: QuestionWriter
    verifier: AnswerVerifier
