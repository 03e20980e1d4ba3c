"""The dataset as Hugging Face's ``datasets`` reads it: the format that all others lie beside."""

from collections.abc import Sequence
from pathlib import Path

from mifg_pipeline.export.columns import COLUMNS, row_of
from mifg_pipeline.export.plain_images import PlainImages
from mifg_pipeline.export.selection import Entry
from mifg_pipeline.export.shards import PoolsWriter, SplitFiles
from mifg_pipeline.export.writer import FormatWriter


class HuggingFaceWriter(FormatWriter):
    """Writes the shards with all columns and the original image files."""

    def __init__(self, folder: Path, plain: PlainImages) -> None:  # noqa: ARG002 - it holds the original files
        self._rows = PoolsWriter(folder, COLUMNS)
        self.splits: list[SplitFiles] = []

    def write(self, entry: Entry, images: Sequence[bytes]) -> None:
        """See the base class."""
        self._rows.write(entry.item.pool, row_of(entry, images))

    def finish(self) -> None:
        """Writes what is left; ``splits`` then says what each split consists of."""
        self.splits = self._rows.finish()

    def close(self) -> None:
        """See the base class."""
        self._rows.close()
