"""Frozen settings of a generation run."""

import math
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import AnswerKind, Difficulty


class Settings(BaseModel):
    """Base of all settings: frozen, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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

    @property
    def max_attempts(self) -> int:
        """Attempts after which the run gives up."""
        return self.attempts if self.attempts is not None else 20 * self.items + 100


def load_settings(document: str | None, overrides: list[str], **flags: Any) -> GenerateSettings:
    """Settings from a YAML document, ``key=value`` overrides and command-line flags, the later the stronger.

    Args:
        document: YAML text of a mapping, or None.
        overrides: Each ``key=value``; keys reach into sections with dots, values are YAML.
        flags: Top-level settings; those that are None were not given.

    Raises:
        MifgError: If a key is unknown or a value does not fit, naming all of them.
    """
    try:
        content = yaml.safe_load(document) if document else {}
    except yaml.YAMLError as error:
        raise MifgError(f"The settings are not YAML: {error}.", "Mend the file given with --config.") from error
    if not isinstance(content, dict):
        raise MifgError("The settings are not a mapping of keys to values.", "Mend the file given with --config.")
    for override in overrides:
        _apply_override(content, override)
    content.update({name: value for name, value in flags.items() if value is not None})
    try:
        return GenerateSettings.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise MifgError(f"The settings do not fit: {problems}.", "See the table of settings in the docs.") from error


def _apply_override(content: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    if not equals or not key:
        raise MifgError(f"--set {override!r} is not of the form key=value.", "Write, for example, --set max_rounds=3.")
    *sections, name = key.split(".")
    for section in sections:
        content = content.setdefault(section, {})
        if not isinstance(content, dict):
            raise MifgError(f"--set {key}: {section!r} is not a section.", "Name a key of the table of settings.")
    try:
        content[name] = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise MifgError(f"--set {key}: {value!r} is not a YAML value.", "Quote it, or mend it.") from error
