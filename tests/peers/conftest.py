"""A small dataset in all formats, for the libraries that people read it with; `make test-peers` sets them up."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from small_run import MadeRun, write_corpus, write_run

from mifg_pipeline.export import Terms, export_dataset
from mifg_pipeline.export.formats import FORMATS
from mifg_pipeline.images.decoding import decode_upright
from mifg_pipeline.items import Item
from mifg_pipeline.store import RunFolder

os.environ["HF_HUB_OFFLINE"] = "1"


@dataclass(frozen=True)
class Exported:
    """A dataset and the items in it."""

    root: Path
    made: MadeRun

    @property
    def items(self) -> list[Item]:
        return self.made.items

    def pixels_of(self, item: Item) -> list[NDArray[np.uint8]]:
        """What the question was made on, shape (height, width, 3) each."""
        return [np.asarray(decode_upright(self.made.file_of(image).read_bytes())) for image in item.images]

    def of_pool(self, pool: str) -> list[Item]:
        return [item for item in self.items if item.pool == pool]


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    root = tmp_path_factory.mktemp("exported")
    write_corpus(root / "corpus")
    write_run(root / "run", root / "corpus")
    made = MadeRun(RunFolder(root / "run"), root / "corpus")
    export_dataset(made.selection(), root / "dataset", Terms(tuple(FORMATS), skip=True))
    return Exported(root / "dataset", made)
