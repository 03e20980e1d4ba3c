"""Where the time of a step goes."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

OWN: Final = "own"
"""What no section took: the trainer's own Python."""


class Stopwatch:
    """Charges each moment to the innermost section that is open, and to ``own`` where none is.

    ::

        watch = Stopwatch()
        with watch("generate"), watch("images"):
            ...
        seconds = watch.split()

    Args:
        clock: Seconds from any start on.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._sections = [OWN]
        self._seconds: dict[str, float] = defaultdict(float)
        self._charged_until = clock()

    @contextmanager
    def __call__(self, section: str) -> Iterator[None]:
        """Charges the time of the block to ``section``, without that of sections inside it."""
        self._charge()
        self._sections.append(section)
        try:
            yield
        finally:
            self._charge()
            self._sections.pop()

    def split(self) -> dict[str, float]:
        """Seconds by section since the last split, ``own`` last; together all the time that went by."""
        self._charge()
        seconds = dict(self._seconds)
        self._seconds.clear()
        return {**{name: spent for name, spent in seconds.items() if name != OWN}, OWN: seconds.get(OWN, 0.0)}

    def _charge(self) -> None:
        now = self._clock()
        self._seconds[self._sections[-1]] += now - self._charged_until
        self._charged_until = now
