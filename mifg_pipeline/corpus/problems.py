"""What is wrong with the annotations of a corpus, place by place."""

from typing import NamedTuple


class Problem(NamedTuple):
    """Something that was left out of the corpus because it could not be used.

    Attributes:
        path: The file it stands in, relative to the corpus.
        place: Where in the file ("line 12", "annotation 345"); empty for the file as a whole.
        reason: What is wrong, as ``kind: detail``.
    """

    path: str
    place: str
    reason: str

    @property
    def kind(self) -> str:
        """The reason without its detail, for counting."""
        return self.reason.partition(":")[0]
