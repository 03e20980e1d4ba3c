"""The images of a run: derived ones lie in the run folder, all others in its corpus."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from mifg_pipeline.corpus.corpus import Corpus
from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import ImageRef

if TYPE_CHECKING:
    from mifg_pipeline.store import RunFolder


@dataclass(frozen=True)
class RunImages:
    """Finds the image files of a run.

    Attributes:
        run: The run folder.
        corpus: The corpus that it was made from.
    """

    run: "RunFolder"
    corpus: Corpus

    @classmethod
    def open(cls, run: "RunFolder", moved_corpus: Path | None = None) -> Self:
        """Opens the corpus of a run.

        Args:
            run: The run.
            moved_corpus: Where the corpus is now, if not where the run says.

        Raises:
            MifgError: If the corpus is not there, or is not as it was when the run was made from it.
        """
        corpus = Corpus.open(run.corpus_root(moved_corpus))
        if corpus.fingerprint != run.read_manifest().corpus.fingerprint:
            raise MifgError(
                f"The corpus at {corpus.root} is not as it was when {run.root} was made: its fingerprint differs.",
                "Restore its files and index it again, or say where an unchanged copy is: --corpus DIR.",
            )
        return cls(run, corpus)

    def path_of(self, image: ImageRef) -> Path:
        """The file of one of the run's images."""
        return self.run.root / image.path if image.is_derived else self.corpus.path_of(image)
