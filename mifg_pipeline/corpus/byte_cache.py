"""Keeps what was used last, up to so many bytes."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class ByteCache(Generic[Key, Value]):
    """Least-recently-used values, bounded in bytes; safe to use from several threads.

    Args:
        limit: Bytes to keep at most; a value beyond it is not kept at all.
        size_of: Bytes that a value takes; always the same for one value.
    """

    def __init__(self, limit: int, size_of: Callable[[Value], int]) -> None:
        self._limit = limit
        self._size_of = size_of
        self._size = 0
        self._entries: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        """The value of that key, if it is kept."""
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
            return self._entries.get(key)

    def put(self, key: Key, value: Value) -> None:
        """Keeps a value, in place of the longest unused ones; one that is kept already stays as it is."""
        size = self._size_of(value)
        with self._lock:
            if key in self._entries or size > self._limit:
                return
            self._entries[key] = value
            self._size += size
            while self._size > self._limit:
                _, dropped = self._entries.popitem(last=False)
                self._size -= self._size_of(dropped)
