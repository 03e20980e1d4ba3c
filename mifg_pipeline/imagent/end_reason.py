"""How an episode ends."""

from enum import StrEnum


class EndReason(StrEnum):
    """How an episode ended; every episode ends in exactly one of these ways."""

    ANSWERED = "answered"
    """The last turn is an answer."""
    NO_ANSWER = "no_answer"
    """The last turn neither calls a tool nor answers: no opening tag after the thought, or a thought without end."""
    OVER_TURN = "over_turn"
    """No turn was left after a call or an invalid action."""
    OVER_LENGTH = "over_length"
    """No token was left for the observation, or for the turn."""
    OVER_IMAGES = "over_images"
    """No image was left for the tool to show."""
    TURN_TRUNCATED = "turn_truncated"
    """The last turn reached the limit of one turn before its end."""
    IMAGE_TOKEN_MISMATCH = "image_token_mismatch"
    """The engine read other prompt ids than the ledger holds."""
    INFRA_ERROR = "infra_error"
    """The engine or server failed."""
    ABANDONED = "abandoned"
    """Enough other episodes had ended while this one still played."""

    @property
    def is_over_limit(self) -> bool:
        """Whether a limit ended the episode, so that its reward says nothing of its last actions."""
        return self in _OVER_LIMIT

    @property
    def is_fault(self) -> bool:
        """Whether the machinery ended the episode, so that it may be sampled again."""
        return self in (EndReason.IMAGE_TOKEN_MISMATCH, EndReason.INFRA_ERROR)

    @property
    def is_interrupted(self) -> bool:
        """Whether the episode was taken from the model before its end, so that it says nothing of the model."""
        return self.is_fault or self is EndReason.ABANDONED


_OVER_LIMIT = frozenset({EndReason.OVER_TURN, EndReason.OVER_LENGTH, EndReason.OVER_IMAGES, EndReason.TURN_TRUNCATED})
