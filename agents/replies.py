"""What models reply to the agents, as schemas: the names below are those that a server sees.

Places are in the coordinates of the model's family (``ModelSettings.coordinates``), as ``[x0, y0, x1, y1]``; images are
numbered from 1.
"""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

Place = tuple[float, ...]
"""Four numbers. Not every server holds a reply to their count and order, so both are checked on conversion."""

REPLY_CONFIG = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, coerce_numbers_to_str=True)
"""Closed to other fields; takes the number 7 for the text "7", as models that are held to no schema write it."""


class Reply(BaseModel):
    """Base of all replies."""

    model_config = REPLY_CONFIG

    name: ClassVar[str]


class SeenObject(BaseModel):
    """An object in an image."""

    model_config = REPLY_CONFIG

    label: str
    bbox: Place


class Inventory(Reply):
    """What there is in one image.

    Attributes:
        objects: Things, each instance for itself.
        texts: Legible writing, literally.
        details: Small or easily overlooked features: marks, damages, states, textures.
    """

    name: ClassVar[str] = "inventory"

    objects: tuple[SeenObject, ...]
    texts: tuple[SeenObject, ...]
    details: tuple[SeenObject, ...]


class Selection(Reply):
    """Images that afford a question across them.

    Attributes:
        images: Numbers of two to five of the candidates.
        idea: What could be asked across them, in one sentence.
    """

    name: ClassVar[str] = "selection"

    images: tuple[int, ...]
    idea: str


class Evidence(BaseModel):
    """A place that the answer rests on."""

    model_config = REPLY_CONFIG

    image: int
    bbox: Place
    label: str


class WrittenQuestion(Reply):
    """A question with its key.

    Attributes:
        question: Speaks of the images as "Image 1", "Image 2", …
        answer_kind: How the answer is compared.
        answer: The key; for a choice the text of the right option.
        distractors: The wrong options of a choice; empty otherwise.
        evidence: Every place that has to be seen.
        skills: Such as "counting", "reading", "comparison".
    """

    name: ClassVar[str] = "question"

    question: str
    answer_kind: Literal["choice", "integer", "boolean", "text"]
    answer: str
    distractors: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    skills: tuple[str, ...]


class Judgement(Reply):
    """A reading of a draft before it is probed.

    Attributes:
        fine_grained: The answer hangs on a detail that takes a close look.
        needs_all_images: No image that is asked about can be spared.
        unambiguous: Exactly one answer is right, and the question says what is meant.
        well_put: Plain, correct English without a hint at the answer.
        problems: What to mend, for the writer; empty where all is well.
    """

    name: ClassVar[str] = "judgement"

    fine_grained: bool
    needs_all_images: bool
    unambiguous: bool
    well_put: bool
    problems: tuple[str, ...]


class Solution(Reply):
    """An answer to a question.

    Attributes:
        thought: What was looked at, in a sentence or two.
        answer: The letter of an option, or the answer in a word or number.
    """

    name: ClassVar[str] = "solution"

    thought: str
    answer: str
