"""A few rows of a dataset to look at: small pictures beside the card, one row of each program family."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mifg_pipeline.images.decoding import decode_upright
from mifg_pipeline.items import Item

FOLDER: Final = "samples"
MOST: Final = 12
SIDE: Final = 320
"""Longest side of a picture, pixels."""


@dataclass(frozen=True)
class Sample:
    """One row as the card shows it.

    Attributes:
        item: The item.
        pictures: Small JPEG pictures of its images, in their order.
    """

    item: Item
    pictures: tuple[bytes, ...]

    @property
    def names(self) -> list[str]:
        """Files of its pictures, relative to the card."""
        return [f"{FOLDER}/{self.item.id[:12]}-{number}.jpg" for number in range(1, len(self.pictures) + 1)]


class Samples:
    """Keeps the first row of each family that it is shown."""

    def __init__(self) -> None:
        self._by_family: dict[str, Sample] = {}

    def take(self, item: Item, contents: Sequence[bytes]) -> None:
        """Keeps the row if it is the first of its family, and there is room.

        Args:
            item: The row's item.
            contents: The bytes of its image files, which are known to be sound.
        """
        family = item.provenance.family
        if family not in self._by_family and len(self._by_family) < MOST:
            self._by_family[family] = Sample(item, tuple(map(_picture, contents)))

    def __iter__(self) -> Iterator[Sample]:
        """The rows, sorted by family."""
        return (self._by_family[family] for family in sorted(self._by_family))

    def write(self, root: Path) -> None:
        """Writes the pictures."""
        (root / FOLDER).mkdir()
        for sample in self:
            for name, picture in zip(sample.names, sample.pictures, strict=True):
                (root / name).write_bytes(picture)


def _picture(content: bytes) -> bytes:
    small = decode_upright(content)
    small.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
