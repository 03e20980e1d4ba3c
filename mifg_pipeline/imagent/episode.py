"""One question being answered, turn by turn: what is shown, what a turn leads to, and when it is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mifg_pipeline.config import Coordinates, EpisodeSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.imagent.action import Action, Answer, InvalidAction, NoAction, ToolCall
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.imagent.messages import error_text, image_text, question_text, shown_text, system_text
from mifg_pipeline.imagent.protocol import parse_turn
from mifg_pipeline.imagent.question import Question
from mifg_pipeline.imagent.trajectory import ShownView, TokenTracks, Trajectory, TurnRecord
from mifg_pipeline.images.frame import Frame, UnusablePlaceError, to_box
from mifg_pipeline.items import Box


@dataclass(frozen=True)
class Look:
    """An image of the question where it is shown.

    Attributes:
        image: Which, counted from 0.
        box: The part that is shown, in pixels of the upright original; the image as the question first shows it where
            None.
    """

    image: int
    box: Box | None = None


Part = str | Look

Observation = tuple[Part, ...]
"""What the model is told after a turn, as one message of the user."""


class TurnBudget(NamedTuple):
    """What a turn may take.

    Attributes:
        tokens: Most tokens; below 1, there can be no turn.
        end: How the episode ends if they do not suffice.
    """

    tokens: int
    end: EndReason

    @classmethod
    def of(cls, settings: EpisodeSettings, length: int) -> "TurnBudget":
        """The budget of the next turn after so many tokens, prompt and visual tokens among them."""
        room = settings.max_tokens - length
        if settings.max_turn_tokens <= room:
            return cls(settings.max_turn_tokens, EndReason.TURN_TRUNCATED)
        return cls(room, EndReason.OVER_LENGTH)


class Episode:
    """The state of an episode. It knows nothing of tokens and pixels: whoever plays it looks and counts.

    Args:
        question: What is asked.
        frames: How the model speaks of places in each image.
        settings: Tools and limits.
        coordinates: Of the frames.

    Raises:
        MifgError: If the question alone has more images than an episode may.
    """

    def __init__(
        self, question: Question, frames: Sequence[Frame], settings: EpisodeSettings, coordinates: Coordinates
    ) -> None:
        if len(question.images) > settings.max_images:
            raise MifgError(
                f"Question {question.key} has {len(question.images)} images, and an episode may have "
                f"{settings.max_images}.",
                "Raise max_images of the episode, or leave the question out.",
            )
        self._question = question
        self._frames = tuple(frames)
        self._settings = settings
        self._coordinates = coordinates
        self._turns: list[TurnRecord] = []
        self._answer: str | None = None
        self._images = len(question.images)

    @property
    def turns(self) -> tuple[TurnRecord, ...]:
        """The turns so far."""
        return tuple(self._turns)

    def prompt(self) -> tuple[str, Observation]:
        """The system message, and the first message of the user."""
        speaks_of_size = self._settings.tools and self._coordinates == "pixels"
        parts: list[Part] = []
        for image, frame in enumerate(self._frames):
            parts += [f"{image_text(image + 1, frame if speaks_of_size else None)}\n", Look(image), "\n"]
        return system_text(self._settings, self._coordinates), (*parts, question_text(self._question))

    def take(self, text: str) -> Observation | EndReason:
        """Does what a finished turn says.

        Args:
            text: Of the turn, without its end token.

        Returns:
            What the model is told, before its next turn; or how the episode ended.
        """
        action = parse_turn(text, len(self._question.images), tools=self._settings.tools)
        look = self._look(action) if isinstance(action, ToolCall) else None
        if isinstance(look, InvalidAction):
            action, look = look, None
        self._turns.append(_record(text, action, look))
        if isinstance(action, Answer):
            self._answer = action.text
            return EndReason.ANSWERED
        if isinstance(action, NoAction):
            return EndReason.NO_ANSWER
        if len(self._turns) == self._settings.max_turns:
            return EndReason.OVER_TURN
        if isinstance(action, InvalidAction):
            return (action.message,)
        assert look is not None
        if self._images == self._settings.max_images:
            return EndReason.OVER_IMAGES
        self._images += 1
        return (f"{shown_text(action.tool, look.image + 1, look.box, self._frames[look.image])}\n", look)

    def cut(self, text: str) -> None:
        """Notes a turn that a limit cut short; it does nothing, whatever it says."""
        self._turns.append(_record(text, NoAction(), None))

    def trajectory(
        self,
        sample: int,
        end: EndReason,
        views: Sequence[ShownView],
        tracks: TokenTracks | None = None,
        failure: str | None = None,
    ) -> Trajectory:
        """The finished episode.

        Args:
            sample: Index among the episodes of the question.
            end: How it ended.
            views: All images that the model was shown, in order.
            tracks: Its tokens, if they are known.
            failure: What went wrong, where the machinery ended it.
        """
        # Calls show their images in order, and only the last call can have shown none.
        indices = iter(range(len(self._question.images), len(views)))
        return Trajectory(
            question=self._question.key,
            sample=sample,
            turns=tuple(
                turn.model_copy(update={"view": next(indices, None)}) if turn.action == "call" else turn
                for turn in self._turns
            ),
            end=end,
            answer=self._answer,
            failure=failure,
            views=tuple(views),
            tracks=tracks or TokenTracks(),
        )

    def _look(self, call: ToolCall) -> Look | InvalidAction:
        if call.place is None:
            return Look(call.image)
        frame = self._frames[call.image]
        try:
            return Look(call.image, to_box(call.place, frame))
        except UnusablePlaceError as fault:
            extent = {"across": frame.across, "down": frame.down}
            reason = "unusable_place"
            return InvalidAction(reason, error_text(reason, number=call.image + 1, fault=str(fault), **extent))


def _record(text: str, action: Action, look: Look | None) -> TurnRecord:
    match action:
        case Answer():
            return TurnRecord(text=text, action="answer")
        case InvalidAction(reason=reason):
            return TurnRecord(text=text, action="invalid", reason=reason)
        case ToolCall(tool=tool, image=image):
            return TurnRecord(text=text, action="call", tool=tool, image=image, box=look.box if look else None)
        case NoAction():
            return TurnRecord(text=text, action="none")
