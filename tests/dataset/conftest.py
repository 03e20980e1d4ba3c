"""An exported dataset of a small run, and ways to plant faults in it."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_run import MadeRun, write_corpus, write_run

from mifg_pipeline.export import export_dataset
from mifg_pipeline.store import RunFolder


@dataclass(frozen=True)
class Exported:
    """A dataset with the run that it was made from."""

    root: Path
    made: MadeRun

    def change(self, change: Callable[[list[dict[str, Any]]], object], pool: str = "train") -> None:
        """Rewrites the rows of a split after a change in place, as somebody who then forgets the list of digests."""
        path = self.root / "data" / f"{pool}-00000-of-00001.parquet"
        table = pq.read_table(path)
        rows = table.to_pylist()
        change(rows)
        pq.write_table(pa.Table.from_pylist(rows, table.schema), path)
        self.forget_digests()

    def forget_digests(self) -> None:
        """Leaves the dataset as a download from the hub is, without what says digests."""
        (self.root / "SHA256SUMS").unlink(missing_ok=True)
        (self.root / "croissant.json").unlink(missing_ok=True)

    def count_on_card(self, rows: int, pool: str = "train") -> None:
        """Has the card say that a split has so many rows."""
        card = self.root / "README.md"
        before = rf"(- name: {pool}\n\s+num_bytes: \d+\n\s+num_examples: )\d+"
        text, times = re.subn(before, rf"\g<1>{rows}", card.read_text())
        assert times == 1
        card.write_text(text)


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds ``corpus``, ``run`` and ``dataset``; tests work on copies."""
    root = tmp_path_factory.mktemp("pristine")
    write_corpus(root / "corpus")
    write_run(root / "run", root / "corpus")
    export_dataset(MadeRun(RunFolder(root / "run"), root / "corpus").selection(), root / "dataset")
    return root


@pytest.fixture
def exported(pristine: Path, tmp_path: Path) -> Exported:
    work = tmp_path / "work"
    shutil.copytree(pristine, work)
    return Exported(work / "dataset", MadeRun(RunFolder(work / "run"), work / "corpus"))
