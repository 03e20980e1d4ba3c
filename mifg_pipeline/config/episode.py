"""Settings of an episode of IMAgent."""

from typing import Self

from pydantic import Field, model_validator

from mifg_pipeline.config.base import Settings
from mifg_pipeline.config.models import Coordinates


class EpisodeSettings(Settings):
    """What the model is shown, and when an episode ends.

    Attributes:
        tools: Whether the model has its two tools; without them it can only answer.
        max_turns: Most turns of the model.
        max_turn_tokens: Most tokens of one turn.
        max_tokens: Most tokens in all, prompt, observations and visual tokens among them.
        max_images: Most images in all, those of the question among them.
        coordinates: How the model speaks of places: ``pixels`` of the first view, ``thousandths`` of its sides; that of
            the model's family where None.
        min_pixels: Smaller question images are enlarged to so many pixels.
        max_pixels: Larger question images are scaled down to so many pixels.
        crop_min_pixels: As ``min_pixels``, of what ``visual_confirmation`` shows.
        crop_max_pixels: As ``max_pixels``, of what ``visual_confirmation`` shows.
    """

    tools: bool = True
    max_turns: int = Field(default=6, ge=1)
    max_turn_tokens: int = Field(default=1024, ge=1)
    max_tokens: int = Field(default=16_384, ge=1)
    max_images: int = Field(default=16, ge=1)
    coordinates: Coordinates | None = None
    min_pixels: int = Field(default=56 * 56, ge=1)
    max_pixels: int = Field(default=768 * 28 * 28, ge=1)
    crop_min_pixels: int = Field(default=64 * 28 * 28, ge=1)
    crop_max_pixels: int = Field(default=512 * 28 * 28, ge=1)

    @property
    def completion_limit(self) -> int:
        """Most tokens that the model itself writes in an episode."""
        return self.max_turns * self.max_turn_tokens

    @model_validator(mode="after")
    def _bounds_are_ordered(self) -> Self:
        if self.min_pixels > self.max_pixels:
            raise ValueError(f"min_pixels {self.min_pixels} is more than max_pixels {self.max_pixels}")
        if self.crop_min_pixels > self.crop_max_pixels:
            raise ValueError(
                f"crop_min_pixels {self.crop_min_pixels} is more than crop_max_pixels {self.crop_max_pixels}"
            )
        return self
