"""Frozen settings of a generation run."""

import math
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from mifg_pipeline.config.agents import PROGRAM, AgentSettings
from mifg_pipeline.config.base import Settings
from mifg_pipeline.config.models import SERVE, BudgetSettings, ModelSettings, ServeSettings
from mifg_pipeline.config.probes import ProbeSettings
from mifg_pipeline.items import AnswerKind, Difficulty

ModelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""What ``agents`` calls a model; it stands in the name of the writer of an item."""


class GateSettings(Settings):
    """Thresholds of the gates and of the difficulty critic.

    Attributes:
        require_license: Reject images whose licence is unknown.
        min_image_side: Shortest side of a corpus image, pixels.
        near_duplicate_distance: Hamming distance of 64-bit pHashes up to which two images are near-duplicates.
        min_evidence_side: Shortest side of an evidence region, pixels; smaller ones cannot be zoomed into.
        max_evidence_area: Largest share of an evidence image that one region may cover.
        first_view_pixels: Pixels of the first view, shared by all images of an item.
        legible_side: Shortest evidence side that is legible in a view, pixels.
        legible_glyph: Shortest glyph height that is legible in a view, pixels.
        glance_share: Largest share of items that are answerable at first view.
    """

    require_license: bool = False
    min_image_side: int = Field(default=256, gt=0)
    near_duplicate_distance: int = Field(default=6, ge=0, le=32)
    min_evidence_side: int = Field(default=28, gt=0)
    max_evidence_area: float = Field(default=0.05, gt=0, le=1)
    first_view_pixels: int = Field(default=1_003_520, gt=0)
    legible_side: float = Field(default=28.0, gt=0)
    legible_glyph: float = Field(default=12.0, gt=0)
    glance_share: float = Field(default=0.2, ge=0, le=1)


class QuotaSettings(Settings):
    """Shares of the items, per dimension; values that are not named share what is left.

    Attributes:
        family: By program family. Without a mix, families are drawn by these shares.
        difficulty: By difficulty (see also ``GateSettings.glance_share``).
        images: By number of images.
        answer: By kind of answer.
    """

    family: dict[str, float] = Field(default_factory=dict)
    difficulty: dict[Difficulty, float] = Field(default_factory=dict)
    images: dict[int, float] = Field(default_factory=dict)
    answer: dict[AnswerKind, float] = Field(default_factory=dict)

    @field_validator("*")
    @classmethod
    def _shares_add_up(cls, shares: dict[Any, float]) -> dict[Any, float]:
        if any(not 0 <= share <= 1 for share in shares.values()) or math.fsum(shares.values()) > 1 + 1e-9:
            raise ValueError("shares are 0 to 1 each and add up to at most 1")
        return shares


class GenerateSettings(Settings):
    """Everything that decides what a run produces.

    Attributes:
        items: Accepted items to make.
        seed: Seed of the run.
        attempts: Attempts after which to give up; 20 x items + 100 unless set.
        max_rounds: Revisions of one draft before the attempt is dropped.
        mix: Relative weight per program family; families that are not named are off. Empty: all, equally.
        min_sharpness: Images below it are too blurred to ask about (see ``CorpusImage.sharpness``).
        ocr: Whether text is read from pixels by OCR; without it read-across is off.
        quotas: Shares of the items by family, difficulty, number of images and kind of answer.
        gates: Thresholds.
        models: Models by the names that ``agents`` gives them.
        agents: Who plays each role.
        probes: Gates that ask solver models.
        budget: What model calls may cost.
        serve: The model server that the run starts itself.
    """

    items: int = Field(gt=0)
    seed: int = 0
    attempts: int | None = Field(default=None, gt=0)
    max_rounds: int = Field(default=2, ge=0, le=20)
    mix: dict[str, float] = Field(default_factory=dict)
    min_sharpness: float = Field(default=15.0, ge=0)
    ocr: bool = True
    quotas: QuotaSettings = QuotaSettings()
    gates: GateSettings = GateSettings()
    models: dict[ModelName, ModelSettings] = Field(default_factory=dict)
    agents: AgentSettings = AgentSettings()
    probes: ProbeSettings = ProbeSettings()
    budget: BudgetSettings = BudgetSettings()
    serve: ServeSettings = ServeSettings()

    @model_validator(mode="after")
    def _roles_are_filled(self) -> Self:
        agents = self.agents
        writers = agents.question_writer
        if not writers or any(share < 0 for share in writers.values()) or not any(writers.values()):
            raise ValueError("agents.question_writer: give at least one writer with a share above 0")
        missing = [name for name in agents.models if name not in self.models]
        if missing:
            raise ValueError(f"agents name {', '.join(missing)}, which models does not describe")
        if PROGRAM in self.models:
            raise ValueError(f"models: {PROGRAM!r} is not a name for a model")
        return self

    @property
    def served_names(self) -> tuple[str, ...]:
        """Names by which the server that the run starts has to know its model."""
        return tuple(sorted({model.model for model in self.models.values() if model.server.base_url == SERVE}))

    def identity(self) -> dict[str, Any]:
        """The settings that decide what a run produces, as JSON: without budget and without ways to reach a model."""
        content = self.model_dump(mode="json", exclude={"budget", "serve"})
        for model in content["models"].values():
            del model["server"]
        return content

    @property
    def max_attempts(self) -> int:
        """Attempts after which the run gives up."""
        return self.attempts if self.attempts is not None else 20 * self.items + 100
