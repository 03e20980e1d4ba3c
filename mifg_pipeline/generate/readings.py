"""Readings of images on their way to the ledger: at hand at once, stored with the next batch."""

from pydantic import JsonValue

from mifg_pipeline.store import Ledger


class BufferedReadings:
    """What readers saw, in front of the ledger.

    Args:
        ledger: Where readings end up.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._new: dict[tuple[str, str], JsonValue] = {}

    def reading(self, sha256: str, reader: str) -> JsonValue:
        """The reading, or None where nobody has read the image yet."""
        key = (sha256, reader)
        return self._new[key] if key in self._new else self._ledger.reading(sha256, reader)

    def add_reading(self, sha256: str, reader: str, value: JsonValue) -> None:
        """Keeps a reading for the next ``flush``."""
        self._new[sha256, reader] = value

    def flush(self) -> None:
        """Stores the new readings."""
        self._ledger.store_readings((sha256, reader, value) for (sha256, reader), value in self._new.items())
        self._new.clear()
