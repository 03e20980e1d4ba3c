"""What an episode was: its turns, its end and its tokens, as it is stored."""

from typing import Literal, Self

from pydantic import Field, model_validator

from mifg_pipeline.engines.ledger import Tracks
from mifg_pipeline.engines.view import View
from mifg_pipeline.imagent.action import ToolName
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.items import Box, Record, Sha256


class ShownView(Record):
    """An image that the model was shown, without its pixels.

    Attributes:
        sha256: Digest of the image file.
        box: The part of it, in pixels of the upright original; all of it where None.
        height: Pixels, as shown.
        width: Pixels, as shown.
    """

    sha256: Sha256
    box: Box | None
    height: int = Field(gt=0)
    width: int = Field(gt=0)

    @classmethod
    def of(cls, view: View) -> Self:
        """The view without its pixels."""
        return cls(sha256=view.sha256, box=view.box, height=view.height, width=view.width)


class TurnRecord(Record):
    """One turn of the model.

    Attributes:
        text: What the model wrote.
        action: What that does: ``none`` is neither an answer nor a call nor an attempt at one, or a turn cut short.
        reason: What is wrong with an invalid action, a name of ``prompts/imagent_errors.md``.
        tool: That a valid call names.
        image: Question image of a valid call, counted from 0.
        box: Of a valid call of ``visual_confirmation``, in pixels of the upright original.
        view: Which of the trajectory's views the call brought; None where it brought none.
    """

    text: str
    action: Literal["answer", "call", "invalid", "none"]
    reason: str | None = None
    tool: ToolName | None = None
    image: int | None = None
    box: Box | None = None
    view: int | None = None

    @property
    def is_valid(self) -> bool:
        """Whether the action level of the mask keeps the turn."""
        return self.action != "invalid"


class TokenTracks(Record):
    """The tokens of an episode as the trainer reads them: four tracks of one length.

    Attributes:
        token_ids: With each image token repeated as often as its image has visual tokens.
        kinds: ``TokenKind`` of each token.
        turns: Turn that each token belongs to, counted from 0; -1 in the prompt.
        logprobs: Of sampled tokens under the distribution they were drawn from; 0 elsewhere.
    """

    token_ids: tuple[int, ...] = ()
    kinds: tuple[int, ...] = ()
    turns: tuple[int, ...] = ()
    logprobs: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _tracks_have_one_length(self) -> Self:
        if len({len(self.token_ids), len(self.kinds), len(self.turns), len(self.logprobs)}) != 1:
            raise ValueError("token_ids, kinds, turns and logprobs are not of one length")
        return self

    @classmethod
    def of(cls, tracks: Tracks) -> Self:
        """The tracks of a ledger, without views."""
        return cls(
            token_ids=tracks.token_ids,
            kinds=tuple(map(int, tracks.kinds)),
            turns=tracks.turns,
            logprobs=tracks.logprobs,
        )


class Trajectory(Record):
    """A finished episode; goes through JSON and back unchanged, floats that are not finite among it.

    Attributes:
        question: Key of the question.
        sample: Index among the episodes of the question.
        turns: The model's turns, in order.
        end: How the episode ended.
        answer: What the model answered; None unless it ended ``ANSWERED``.
        failure: What went wrong, where the machinery ended it.
        views: All images that the model was shown, those of the question first, in order.
        tracks: Empty where the model is behind a server that gives no tokens.
    """

    question: str
    sample: int
    turns: tuple[TurnRecord, ...]
    end: EndReason
    answer: str | None = None
    failure: str | None = None
    views: tuple[ShownView, ...]
    tracks: TokenTracks = TokenTracks()

    @property
    def has_looked(self) -> bool:
        """Whether a valid tool call returned an image."""
        return any(turn.view is not None for turn in self.turns)
