"""The images of a dataset, each measured once, and what is said of them in rows and splits."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import imagehash
import numpy as np

from mifg_pipeline.corpus.near_duplicates import cluster_labels
from mifg_pipeline.dataset.problems import Problem
from mifg_pipeline.images.decoding import UnusableImage, decode_upright
from mifg_pipeline.items import POOLS, ImageRef, Item, Pool


@dataclass
class SeenImage:
    """An image, or the parent of one, as the rows show it.

    Attributes:
        pools: Splits that show it, or something made from it.
        licenses: What rows say it is under; a parent that no row shows has none.
        phash: 64-bit perceptual hash of a source image; None for derived ones, which are like their parents on
            purpose, and for parents that no row shows.
    """

    pools: set[Pool] = field(default_factory=set)
    licenses: set[str] = field(default_factory=set)
    phash: int | None = None


class SeenImages:
    """Gathers the images of a dataset row by row.

    Args:
        distance: Bits that the perceptual hashes of near-duplicates may differ in.
    """

    def __init__(self, distance: int) -> None:
        self._distance = distance
        self._seen: defaultdict[str, SeenImage] = defaultdict(SeenImage)
        self._measured: set[ImageRef] = set()

    def __len__(self) -> int:
        return sum(bool(seen.licenses) for seen in self._seen.values())

    def take(self, item: Item, contents: Sequence[bytes]) -> Iterator[str]:
        """Takes the images of one more row, and says which of its files are not what the row says.

        Args:
            item: The row's item.
            contents: The bytes of its image files.
        """
        for number, (image, content) in enumerate(zip(item.images, contents, strict=True), start=1):
            yield from (f"Image {number}: {reason}" for reason in self._differences(image, content))
            seen = self._seen[image.sha256]
            seen.pools.add(item.pool)
            seen.licenses.add(image.license)
            if not image.is_derived:
                seen.phash = int(image.phash, 16)
            for parent in image.derived_from:
                self._seen[parent].pools.add(item.pool)

    def _differences(self, image: ImageRef, content: bytes) -> Iterator[str]:
        """How a file differs from its record; files with the right digest are decoded once."""
        if hashlib.sha256(content).hexdigest() != image.sha256:
            yield f"its sha256 is not {image.sha256}"
            return
        measured = image.model_copy(update={"path": "", "license": "", "attribution": "", "source": ""})
        if measured in self._measured:
            return
        self._measured.add(measured)
        try:
            pixels = decode_upright(content)
        except UnusableImage as error:
            yield f"it cannot be decoded: {error}"
            return
        if pixels.size != (image.width, image.height):
            yield f"it has {pixels.width}×{pixels.height} pixels, not {image.width}×{image.height}"
        # Hashes of other releases of the library may differ in a bit or two.
        if (int(str(imagehash.phash(pixels.convert("L"))), 16) ^ int(image.phash, 16)).bit_count() > 2:
            yield f"its perceptual hash is not {image.phash}"

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the images of all rows together."""
        for sha256, seen in self._seen.items():
            if len(seen.pools) > 1:
                yield Problem(
                    "split", f"image {sha256}", f"it, or what was made from it, stands in {_names(seen.pools)}"
                )
            if len(seen.licenses) > 1:
                yield Problem("licence", f"image {sha256}", f"rows say {' and '.join(sorted(seen.licenses))}")
        yield from self._near_duplicates()

    def _near_duplicates(self) -> Iterator[Problem]:
        sources = [(sha256, seen) for sha256, seen in self._seen.items() if seen.phash is not None]
        labels = cluster_labels(np.array([seen.phash for _, seen in sources], np.uint64), self._distance)
        clusters: defaultdict[int, list[tuple[str, SeenImage]]] = defaultdict(list)
        for label, source in zip(labels, sources, strict=True):
            clusters[int(label)].append(source)
        for members in clusters.values():
            pools = set().union(*(seen.pools for _, seen in members))
            if len(members) > 1 and len(pools) > 1:
                shas = ", ".join(sorted(sha256[:12] for sha256, _ in members))
                yield Problem("split", f"images {shas}", f"they are near-duplicates and stand in {_names(pools)}")


def _names(pools: set[Pool]) -> str:
    return " and ".join(pool for pool in POOLS if pool in pools)
