"""Settings of the simulated world: how often it is right, and what is wrong with the questions that it writes."""

import math
from typing import Literal, Self

from pydantic import Field, model_validator

from mifg_pipeline.config import Settings

Defect = Literal["wrong_key", "blind_answerable", "image_not_needed", "ambiguous", "leaking", "duplicate"]


class Accuracies(Settings):
    """Shares of right replies.

    What the world does not see it cannot know, so ``blind`` and ``missing`` are at most those of a guess: one over the
    number of options, 0.1 for an open answer. Where they are below, the rest of the replies are "cannot be determined".

    Attributes:
        blind: No image is shown; a guess where None.
        all: All images are shown.
        missing: An image that decides the answer is not shown.
        low: All images are shown, but small (see ``WorldSettings.low_below``).
        crops: All images are shown, with details of them.
        blind_answerable: No image decides the answer; counts with any images shown, if it is better.
        image_not_needed: An image is not shown that does not decide the answer.
        ambiguous: Two answers are right: most of the replies that fall to each of them.
        judge: Verdicts of the judge: a flaw is found, or a sound question passed.
    """

    blind: float | None = Field(default=None, ge=0, le=1)
    all: float = Field(default=0.8, ge=0, le=1)
    missing: float = Field(default=0.1, ge=0, le=1)
    low: float = Field(default=0.35, ge=0, le=1)
    crops: float = Field(default=0.9, ge=0, le=1)
    blind_answerable: float = Field(default=0.8, ge=0, le=1)
    image_not_needed: float = Field(default=0.8, ge=0, le=1)
    ambiguous: float = Field(default=0.4, ge=0, le=0.5)
    judge: float = Field(default=0.95, ge=0, le=1)


class Defects(Settings):
    """Shares of the written questions that have a defect, at most one each.

    Attributes:
        wrong_key: The key is not the answer.
        blind_answerable: What is asked for is known without any image.
        image_not_needed: One of the images that are asked about does not decide the answer.
        ambiguous: The question can be understood in two ways, with different answers.
        leaking: The question tells the answer.
        duplicate: Of the sets of images: those about which the same is asked every time.
    """

    wrong_key: float = Field(default=0.0, ge=0, le=1)
    blind_answerable: float = Field(default=0.0, ge=0, le=1)
    image_not_needed: float = Field(default=0.0, ge=0, le=1)
    ambiguous: float = Field(default=0.0, ge=0, le=1)
    leaking: float = Field(default=0.0, ge=0, le=1)
    duplicate: float = Field(default=0.0, ge=0, le=1)

    @model_validator(mode="after")
    def _shares_add_up(self) -> Self:
        if math.fsum(self.model_dump().values()) > 1 + 1e-9:
            raise ValueError("the shares of all defects add up to more than 1")
        return self


class WorldSettings(Settings):
    """The simulated world.

    Attributes:
        seed: Of everything that is decided by chance.
        accuracy: How often it is right.
        defects: What is wrong with the questions that it writes.
        low_below: Images are small where all together have less than this share of the pixels of a first view.
        gullible: Whether it obeys a text outside JSON blocks that tells it to ignore its task.
    """

    seed: int = 0
    accuracy: Accuracies = Accuracies()
    defects: Defects = Defects()
    low_below: float = Field(default=0.5, ge=0, le=1)
    gullible: bool = False
