"""Finds which images of ours other datasets hold a copy of."""

import hashlib
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeVar

import imagehash
import numpy as np

from mifg_pipeline.copies.gallery import Gallery
from mifg_pipeline.copies.other_images import OtherDataset, OtherImage
from mifg_pipeline.copies.portrait import Portrait
from mifg_pipeline.corpus.index_file import IndexSettings
from mifg_pipeline.images.decoding import UnusableImage, decode_upright, read_image_file
from mifg_pipeline.items import ImageRef
from mifg_pipeline.store.folders import real_path

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
        compared: Images of each of the other datasets that were looked at.
        passed_over: Files of each of them that hold no image or were not looked into, counted by suffix.
        undecodable: Images among them of which only the bytes could be compared.
        first_undecodable: Where the first of those stands.
        unread: Why an image of ours could not be compared by its features, by its sha256.
    """

    of: dict[str, Copy] = field(default_factory=dict)
    compared: Counter[str] = field(default_factory=Counter)
    passed_over: dict[str, str] = field(default_factory=dict)
    undecodable: int = 0
    first_undecodable: str | None = None
    unread: dict[str, str] = field(default_factory=dict)


def find_copies(
    ours: Mapping[Path, ImageRef], others: Sequence[Path], on_image: Callable[[int], None] = lambda _: None
) -> Copies:
    """Compares our source images with those of other datasets.

    Memory grows with our images alone: by about 0.4 MB for each.

    Args:
        ours: Our images by their files.
        others: Folders of images or of tables of images, or single files.
        on_image: Called with the number of their images compared so far.

    Raises:
        MifgError: If one of the datasets cannot be read or holds no image.
    """
    copies = Copies()
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        known = _Known(list(ours.values()), Gallery(list(_portraits(threads, ours, copies.unread))))
        for dataset in map(OtherDataset, others, _names(others)):
            for finding in _in_order(threads, known.find, dataset.images()):
                copies.compared[dataset.name] += 1
                if not finding.decoded:
                    copies.undecodable += 1
                    copies.first_undecodable = copies.first_undecodable or f"{dataset.name}/{finding.place}"
                for sha256, signal in finding.signals.items():
                    copies.of.setdefault(sha256, Copy(dataset.name, finding.place, signal))
                on_image(copies.compared.total())
            copies.passed_over[dataset.name] = dataset.passed_over
    return copies


def _names(datasets: Sequence[Path]) -> list[str]:
    """What to call datasets: by their folder, or by the whole path where two have folders of one name."""
    names = [real_path(dataset).name for dataset in datasets]
    return [
        str(dataset) if names.count(name) > 1 or not name else name
        for dataset, name in zip(datasets, names, strict=True)
    ]


def _portraits(
    threads: ThreadPoolExecutor, ours: Mapping[Path, ImageRef], unread: dict[str, str]
) -> Iterator[Portrait]:
    """The portraits of our images; one that cannot be read has an empty one, and is noted with the reason."""
    for image, portrait in zip(ours.values(), _in_order(threads, _portrait_of_file, ours), strict=True):
        if isinstance(portrait, Portrait):
            yield portrait
        else:
            unread[image.sha256] = portrait
            yield Portrait.empty()


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


def _portrait_of_file(path: Path) -> Portrait | str:
    """The portrait of the image in a file, or why there is none."""
    try:
        return Portrait.of(decode_upright(read_image_file(path)))
    except (OSError, UnusableImage) as error:
        return str(error)


def _in_order(threads: ThreadPoolExecutor, work: Callable[[Given], Made], given: Iterable[Given]) -> Iterator[Made]:
    """Results in order, with no more than a few of the given in memory."""
    waiting: deque[Future[Made]] = deque()
    for each in given:
        waiting.append(threads.submit(work, each))
        if len(waiting) >= _AHEAD * (os.cpu_count() or 1):
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
