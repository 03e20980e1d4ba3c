"""Keeps the splits apart: no image, near-duplicate or derived image stands in two of them."""

from collections.abc import Iterable, Iterator

from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import CorpusImage, ImageRef, Item, Pool

_REMEDY = "Run `mifg corpus index` on the corpus and then `mifg generate` into a new folder."


class Separation:
    """Remembers which split each image and each cluster of near-duplicates was seen in."""

    def __init__(self, images: Iterable[CorpusImage]) -> None:
        self._corpus = {image.sha256: image for image in images}
        self._pools: dict[str, Pool] = {}

    def check(self, item: Item) -> None:
        """Takes one more item into account.

        Raises:
            MifgError: If one of its images, or of what they were made from, belongs to another split, or is not in
                the corpus, so that nobody can tell.
        """
        origins = [origin for image in item.images for origin in self.origins(image)]
        for origin in origins:
            if origin.pool != item.pool:
                raise _crossing(item, f"{origin.path} belongs to {origin.pool}")
        for digest in (*(origin.cluster for origin in origins), *(image.sha256 for image in item.images)):
            if self._pools.setdefault(digest, item.pool) != item.pool:
                raise _crossing(item, f"an image, or a near-duplicate, with digest {digest} stands in another")

    def origins(self, image: ImageRef) -> Iterator[CorpusImage]:
        """The images of the corpus that an image is or was made from.

        Raises:
            MifgError: If one is not in the corpus.
        """
        for sha256 in image.derived_from or (image.sha256,):
            if sha256 not in self._corpus:
                raise MifgError(f"Image {image.path} is, or was made from, {sha256}, not in the corpus.", _REMEDY)
            yield self._corpus[sha256]


def _crossing(item: Item, what: str) -> MifgError:
    return MifgError(f"It stands in {item.pool} and crosses into another split: {what}.", _REMEDY)
