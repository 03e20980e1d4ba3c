"""Recognises the corpus's images in what a request shows, by their perceptual hash."""

from collections.abc import Iterable
from typing import NamedTuple

import imagehash
import numpy as np

from mifg_pipeline.images.decoding import UnusableImage, decode_upright
from mifg_pipeline.items import CorpusImage
from mifg_pipeline.stub.chat import SentImage
from mifg_pipeline.stub.world.scenes import Scene

_MOST_DISTANCE = 8
"""Bits of 64; scaling to a fortieth of the pixels as JPEG changes 2, unrelated images differ by 20 and more."""
_REMEMBERED = 100_000


class Seen(NamedTuple):
    """A shown image.

    Attributes:
        scene: What it shows, None where no image of the corpus is like it.
        width: Pixels as shown.
        height: Pixels as shown.
    """

    scene: Scene | None
    width: int
    height: int


class Sight:
    """Recognises images; each rendering is decoded once.

    Args:
        images: Those that can be recognised.

    Attributes:
        scenes: What they show, in the same order.
    """

    def __init__(self, images: Iterable[CorpusImage]) -> None:
        self.scenes = tuple(Scene(image) for image in images)
        self._hashes = np.array([int(scene.image.phash, 16) for scene in self.scenes], dtype=np.uint64)
        self._seen: dict[str, Seen] = {}

    def look(self, sent: SentImage) -> Seen:
        """What a shown image is; the nearest image of the corpus, the first of several by path."""
        seen = self._seen.get(sent.digest)
        if seen is None:
            if len(self._seen) >= _REMEMBERED:
                del self._seen[next(iter(self._seen))]
            seen = self._seen[sent.digest] = Seen(self._recognise(sent), *sent.size)
        return seen

    def _recognise(self, sent: SentImage) -> Scene | None:
        try:
            grey = decode_upright(sent.data).convert("L")
        except UnusableImage:
            return None
        distances = np.bitwise_count(self._hashes ^ np.uint64(int(str(imagehash.phash(grey)), 16)))
        if not len(distances) or distances.min() > _MOST_DISTANCE:
            return None
        return self.scenes[int(distances.argmin())]
