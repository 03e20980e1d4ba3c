"""Which items of a run are exported, and with which corpus."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from mifg_pipeline.corpus import Corpus, RunImages
from mifg_pipeline.items import Item
from mifg_pipeline.store import RunFolder
from mifg_pipeline.store.reviewed import verified_items

Status = Literal["verified", "candidate"]


@dataclass(frozen=True)
class Entry:
    """One item of the dataset with what people said of it.

    Attributes:
        item: The item, with the edits of a reviewer if there were any.
        status: ``verified`` by people, or a ``candidate`` that only the gates let pass.
        decision: The reviewers' decision on a verified item.
        annotators: Who took it.
    """

    item: Item
    status: Status
    decision: str | None = None
    annotators: tuple[str, ...] = ()


@dataclass(frozen=True)
class Selection:
    """The items of a run that have a status."""

    images: RunImages
    status: Status

    @classmethod
    def open(cls, run_root: Path, status: Status, corpus_root: Path | None = None) -> Self:
        """The items of the run in ``run_root``.

        Args:
            run_root: The run folder.
            status: Which items.
            corpus_root: Where the corpus lies if it has moved since the run.

        Raises:
            MifgError: If there is no such run, or its corpus is not there or has changed since.
        """
        run = RunFolder.open(run_root)
        return cls(RunImages.open(run, corpus_root), status)

    @property
    def run(self) -> RunFolder:
        """The run folder."""
        return self.images.run

    @property
    def corpus(self) -> Corpus:
        """The corpus of the run."""
        return self.images.corpus

    def entries(self) -> Iterator[Entry]:
        """The items one by one, in the order of the run."""
        if self.status == "candidate":
            yield from (Entry(item, "candidate") for item in self.run.candidates())
            return
        for reviewed in verified_items(self.run):
            yield Entry(reviewed.item, "verified", reviewed.decision, reviewed.annotators)
