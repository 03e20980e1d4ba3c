"""Which items of a run are exported, and with which corpus."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Self

from mifg_pipeline.copies import Copies, Copy, find_copies
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
    """The items of a run that have a status.

    Attributes:
        images: The run and its corpus.
        status: Of the items.
        copies: What other datasets hold a copy of: items that show it, or something made from it, are withheld.
    """

    images: RunImages
    status: Status
    copies: Copies = field(default_factory=Copies)

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
        """The items one by one, in the order of the run, without those that are withheld."""
        return (entry for entry in self._all_entries() if self._copy_in(entry.item) is None)

    def withheld(self) -> Counter[str]:
        """Number of withheld items by the dataset that holds a copy of one of their images."""
        if not self.copies.of:
            return Counter()
        found = (self._copy_in(entry.item) for entry in self._all_entries())
        return Counter(copy.dataset for copy in found if copy is not None)

    def against(self, others: Sequence[Path], on_image: Callable[[int], None] = lambda _: None) -> Self:
        """The same items, less those with an image of which another dataset holds a copy.

        Raises:
            MifgError: If one of the datasets cannot be read or holds no image.
        """
        known = {image.sha256: image for image in self.corpus.images}
        shown = {digest for entry in self._all_entries() for digest in _origins(entry.item)}
        ours = {self.corpus.path_of(known[digest]): known[digest] for digest in sorted(shown & known.keys())}
        return replace(self, copies=find_copies(ours, others, on_image))

    def _copy_in(self, item: Item) -> Copy | None:
        return next((self.copies.of[digest] for digest in _origins(item) if digest in self.copies.of), None)

    def _all_entries(self) -> Iterator[Entry]:
        if self.status == "candidate":
            yield from (Entry(item, "candidate") for item in self.run.candidates())
            return
        for reviewed in verified_items(self.run):
            yield Entry(reviewed.item, "verified", reviewed.decision, reviewed.annotators)


def _origins(item: Item) -> Iterator[str]:
    """Digests of the images that an item's images are, or were made from."""
    return (digest for image in item.images for digest in image.derived_from or (image.sha256,))
