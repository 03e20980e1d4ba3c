"""Keeps what was computed for a view, the most recently used first, up to a number of bytes."""

from collections import OrderedDict
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
        self._values: OrderedDict[View, T] = OrderedDict()
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
            self._bytes += 0 if view in self._values else self._size_of(value)
            self._values[view] = value
            self._values.move_to_end(view)
        while self._bytes > self._max_bytes:
            _, dropped = self._values.popitem(last=False)
            self._bytes -= self._size_of(dropped)
