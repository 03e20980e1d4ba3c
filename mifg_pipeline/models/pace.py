"""A limit per minute, kept at an even pace."""

_MINUTE = 60.0
_SLACK = 1.0
"""Seconds that may be made up for where a turn came late."""


class Pace:
    """A rate (generic cell rate algorithm): what was taken has to be earned before more may be.

    In no minute is more taken than the rate, save that the last piece of a minute may stick out of it.

    Args:
        per_minute: The rate; unlimited where None.

    Attributes:
        free_at: When more may be taken, on the clock that ``take`` was told.
    """

    def __init__(self, per_minute: int | None) -> None:
        self._seconds_each = (_MINUTE + _SLACK) / per_minute if per_minute else 0.0
        self.free_at = float("-inf")

    def take(self, now: float, amount: int) -> None:
        """Takes an amount, not before ``free_at``."""
        self.free_at = max(self.free_at, now - _SLACK) + amount * self._seconds_each

    def correct(self, now: float, amount: int) -> None:
        """Takes note that an earlier amount was larger by this, or smaller where it is negative."""
        start = max(self.free_at, now - _SLACK) if amount > 0 else self.free_at
        self.free_at = start + amount * self._seconds_each
