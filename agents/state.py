"""What the agents pass on (digests and small records, never image bytes) and what they work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from mifg_pipeline.agents.replies import WrittenQuestion
from mifg_pipeline.items import Box, Difficulty, Draft, GateResult, ImageRef, Pool, Probe, Record
from mifg_pipeline.store.ledger import TrailEntry

if TYPE_CHECKING:
    from mifg_pipeline.agents.answer_verifier import AnswerVerifier
    from mifg_pipeline.agents.difficulty_critic import DifficultyCritic
    from mifg_pipeline.agents.image_curator import ImageCurator
    from mifg_pipeline.agents.question_writer import QuestionWriter
    from mifg_pipeline.config import GenerateSettings
    from mifg_pipeline.models.chat import ChatModel

MODEL_FAMILY = "model"
"""Stands for all models where items are sorted by the family of their writer."""


class Sighting(Record):
    """Something that a model saw in an image.

    Attributes:
        label: What it is, or what is written there.
        bbox: Where, in pixels of the upright original; None where the model named no place in the image.
    """

    label: str
    bbox: Box | None


class ImageInventory(Record):
    """What a model saw in one image; see ``replies.Inventory``."""

    objects: tuple[Sighting, ...]
    texts: tuple[Sighting, ...]
    details: tuple[Sighting, ...]


class Plan(Record):
    """What the image curator decided: who asks about which corpus images.

    Attributes:
        program: Name of the program, or ``model/NAME``.
        images: Digests of the corpus images, in the order in which the writer sees them.
        pool: The pool that all of them belong to.
        inventories: What a model saw in them, one per image; empty where none looked.
        idea: What a model would ask across them.
    """

    program: str
    images: tuple[str, ...]
    pool: Pool
    inventories: tuple[ImageInventory | None, ...] = ()
    idea: str = ""

    @property
    def model(self) -> str | None:
        """Name of the model that writes the question, None for a program."""
        family, _, name = self.program.partition("/")
        return name if family == MODEL_FAMILY else None


class ItemState(TypedDict, total=False):
    """State of the graph for one attempt.

    Attributes:
        attempt: Index of the attempt within the run.
        round: 0 for the first draft, then one more per revision.
        plan: The curator's decision.
        written: What a model last wrote, if one writes and its reply could be read.
        draft: The writer's last draft.
        passed: Gate results of this round so far, all passed.
        failure: What stopped this round, if anything did.
        earlier: What stopped the rounds before.
        difficulty: The critic's label.
        people_first: Whether somebody was in doubt of the draft.
        probes: What solver models made of the last draft.
        calls: Replay-cache keys of the model calls so far, in order.
        trail: Every step so far, with its CPU time and model calls.
    """

    attempt: int
    round: int
    plan: Plan
    written: WrittenQuestion | None
    draft: Draft
    passed: tuple[GateResult, ...]
    failure: GateResult | None
    earlier: tuple[GateResult, ...]
    difficulty: Difficulty
    people_first: bool
    probes: tuple[Probe, ...]
    calls: tuple[str, ...]
    trail: tuple[TrailEntry, ...]


@dataclass(frozen=True)
class Agents:
    """Runtime context of the graph: who plays each role, and what they share.

    Attributes:
        settings: Of the run.
        curator: Plans attempts.
        writer: Writes drafts with programs.
        critic: Finds out how difficult drafts are, and whether they are too easy.
        verifier: Has witnesses and solvers check drafts.
        locate: Where an image of an attempt lies: (image, attempt) to path.
        models: By their names in the settings.
    """

    settings: GenerateSettings
    curator: ImageCurator
    writer: QuestionWriter
    critic: DifficultyCritic
    verifier: AnswerVerifier
    locate: Callable[[ImageRef, int], Path]
    models: Mapping[str, ChatModel] = field(default_factory=dict)
