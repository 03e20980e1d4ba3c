"""Keeps what was computed for a view, the most recently used first, up to a number of bytes."""

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from mifg_pipeline.engines.view import View

T = TypeVar("T")


class ViewCache(Generic[T]):
    """A mapping from views to what was computed for them.

    Args:
        max_bytes: Above it, what was used least recently is dropped.
        size_of: Bytes of a value.
    """

    def __init__(self, max_bytes: int, size_of: Callable[[T], int]) -> None:
        self._max_bytes = max_bytes
        self._size_of = size_of
        self._values: dict[View, T] = {}
        self._bytes = 0

    def collect(self, views: Sequence[View], compute: Callable[[list[View]], Iterable[T]]) -> list[T]:
        """Returns the value of each view; ``compute`` is called once, with the distinct ones that are not kept."""
        values = {view: self._values[view] for view in views if view in self._values}
        missing = [view for view in dict.fromkeys(views) if view not in values]
        if missing:
            values.update(zip(missing, compute(missing), strict=True))
        self._keep(values)
        return [values[view] for view in views]

    def clear(self) -> None:
        """Forgets everything."""
        self._values.clear()
        self._bytes = 0

    def _keep(self, values: dict[View, T]) -> None:
        for view, value in values.items():
            known = self._values.pop(view, None)  # inserted again at the end: the most recently used
            self._bytes += self._size_of(value) if known is None else 0
            self._values[view] = value
        while self._bytes > self._max_bytes:
            self._bytes -= self._size_of(self._values.pop(next(iter(self._values))))
