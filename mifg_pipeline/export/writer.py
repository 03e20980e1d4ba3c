"""What a format of the dataset has to do: say what it cannot hold, and write the rest item by item."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from mifg_pipeline.export.plain_images import PlainImages
from mifg_pipeline.export.selection import Entry
from mifg_pipeline.items import Item


class FormatWriter(ABC):
    """Writes the items of a dataset in one format.

    Args:
        folder: Of the format, not there yet.
        plain: Makes the image files that every reader decodes alike.
    """

    @abstractmethod
    def __init__(self, folder: Path, plain: PlainImages) -> None: ...

    @staticmethod
    def unfit(item: Item) -> str | None:  # noqa: ARG004 - this one holds every item
        """Why the format cannot hold an item; None where it can."""
        return None

    @abstractmethod
    def write(self, entry: Entry, images: Sequence[bytes]) -> None:
        """Adds an item.

        Args:
            entry: One that is not unfit.
            images: The bytes of the files of its images, in their order.
        """

    @abstractmethod
    def finish(self) -> None:
        """Writes what is left, after the last item."""

    @abstractmethod
    def close(self) -> None:
        """Closes the files that are open, also after a failure."""
