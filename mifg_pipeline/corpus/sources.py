"""Where annotated images come from: the seam between the index and the ways to annotate a folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from mifg_pipeline.corpus.annotations import Annotation
from mifg_pipeline.corpus.problems import Problem


@dataclass(frozen=True, slots=True)
class AnnotatedImage:
    """An image of the corpus folder and what a source says of it.

    Attributes:
        path: The image, relative to the corpus; it exists.
        annotation: What is said of it.
        file: Where that is said, relative to the corpus.
        place: Where in that file.
    """

    path: str
    annotation: Annotation
    file: str
    place: str


class ImageSource(Protocol):
    """A way to annotate the images of a folder."""

    def annotated_images(self, problems: list[Problem]) -> Iterator[AnnotatedImage]:
        """Yields what is said, in the order of the files that say it.

        Nothing that stands in those files raises an error; what cannot be used is left out and listed.

        Args:
            problems: Gets what is left out, with the place and the reason.
        """
        ...
