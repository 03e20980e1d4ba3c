"""What a turn of the model does: exactly one of these."""

from dataclasses import dataclass
from typing import Literal

ToolName = Literal["visual_reflection", "visual_confirmation"]


@dataclass(frozen=True)
class Answer:
    """Ends the episode.

    Attributes:
        text: What stands in the answer tags.
    """

    text: str


@dataclass(frozen=True)
class ToolCall:
    """Asks for an image.

    Attributes:
        tool: Its name.
        image: Question image, counted from 0 (the model counts from 1).
        place: ``x0, y0, x1, y1`` in the model's coordinates, for ``visual_confirmation`` only.
    """

    tool: ToolName
    image: int
    place: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class InvalidAction:
    """An attempt at an action that cannot be carried out; the episode goes on with an error as observation.

    Attributes:
        reason: Kind of the fault, a name of ``prompts/imagent_errors.md``; counted in the metrics.
        message: What the model is told.
    """

    reason: str
    message: str


@dataclass(frozen=True)
class NoAction:
    """Neither a call nor an answer, and no attempt at one."""


Action = Answer | ToolCall | InvalidAction | NoAction
