"""Finds which images of ours other datasets hold a copy of."""

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeVar

import imagehash
import numpy as np

from mifg_pipeline.copies.gallery import Gallery
from mifg_pipeline.copies.other_images import OtherImage, other_images
from mifg_pipeline.copies.portrait import Portrait
from mifg_pipeline.corpus.index_file import IndexSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.images.decoding import UnusableImage, decode_upright, read_image_file
from mifg_pipeline.items import ImageRef

Signal = Literal["bytes", "phash", "features"]

_AHEAD: Final = 4
"""Images, per thread, that wait for their turn."""

Given = TypeVar("Given")
Made = TypeVar("Made")


class Copy(NamedTuple):
    """A copy that another dataset holds.

    Attributes:
        dataset: Name of that dataset.
        place: Where in it.
        signal: What tells: the same bytes, a near perceptual hash, or features and pixels that lie alike.
    """

    dataset: str
    place: str
    signal: Signal


@dataclass
class Copies:
    """What a search has found.

    Attributes:
        of: The first copy of each image that has one, by its sha256.
        compared: Images of the other datasets that were looked at.
        undecodable: Those among them of which only the bytes could be compared.
        first_undecodable: Where the first of those stands.
    """

    of: dict[str, Copy] = field(default_factory=dict)
    compared: int = 0
    undecodable: int = 0
    first_undecodable: str | None = None


def find_copies(
    ours: Mapping[Path, ImageRef], others: Iterable[Path], on_image: Callable[[int], None] = lambda _: None
) -> Copies:
    """Compares our source images with those of other datasets.

    Memory grows with our images alone: by about 0.4 MB for each.

    Args:
        ours: Our images by their files.
        others: Folders of images or of Parquet files, or single Parquet files.
        on_image: Called with the number of their images compared so far.

    Raises:
        MifgError: If one of the datasets cannot be read or holds no image, or an image of ours cannot be read.
    """
    copies = Copies()
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        known = _Known(list(ours.values()), Gallery(list(_in_order(threads, _portrait_of_file, ours))))
        for dataset in others:
            before = copies.compared
            for finding in _in_order(threads, known.find, other_images(dataset)):
                copies.compared += 1
                if not finding.decoded:
                    copies.undecodable += 1
                    copies.first_undecodable = copies.first_undecodable or f"{dataset.name}/{finding.place}"
                for sha256, signal in finding.signals.items():
                    copies.of.setdefault(sha256, Copy(dataset.name, finding.place, signal))
                on_image(copies.compared)
            if copies.compared == before:
                raise MifgError(f"{dataset} holds no images.", "Name a folder with images or Parquet files.")
    return copies


class _Finding(NamedTuple):
    place: str
    signals: dict[str, Signal]
    decoded: bool = True


class _Known:
    """Our images, and how another one is looked up among them."""

    def __init__(self, images: Sequence[ImageRef], gallery: Gallery) -> None:
        self._digests = [image.sha256 for image in images]
        self._hashes = np.array([int(image.phash, 16) for image in images], np.uint64)
        self._gallery = gallery
        self._distance = IndexSettings().near_duplicate_distance

    def find(self, image: OtherImage) -> _Finding:
        """Those of our images that it is a copy of, by sha256, each with the cheapest signal that tells."""
        digest = hashlib.sha256(image.content).hexdigest()
        signals: dict[str, Signal] = {digest: "bytes"} if digest in self._digests else {}
        try:
            pixels = decode_upright(image.content)
        except UnusableImage:
            return _Finding(image.place, signals, decoded=False)
        phash = np.uint64(int(str(imagehash.phash(pixels.convert("L"))), 16))
        for near in np.flatnonzero(np.bitwise_count(self._hashes ^ phash) <= self._distance).tolist():
            signals.setdefault(self._digests[near], "phash")
        for portrait in Portrait.both(pixels):
            for position in self._gallery.copies_of(portrait):
                signals.setdefault(self._digests[position], "features")
        return _Finding(image.place, signals)


def _portrait_of_file(path: Path) -> Portrait:
    try:
        return Portrait.of(decode_upright(read_image_file(path)))
    except (OSError, UnusableImage) as error:
        raise MifgError(f"Image {path} cannot be read: {error}.", "Restore the corpus from a copy.") from error


def _in_order(threads: ThreadPoolExecutor, work: Callable[[Given], Made], given: Iterable[Given]) -> Iterator[Made]:
    """Results in order, with no more than a few of the given in memory."""
    waiting: deque[Future[Made]] = deque()
    for each in given:
        waiting.append(threads.submit(work, each))
        if len(waiting) >= _AHEAD * (os.cpu_count() or 1):
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
