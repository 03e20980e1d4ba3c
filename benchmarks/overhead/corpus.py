"""Corpora whose images go together in pairs, so that every attempt shows two."""

import io
import json
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from mifg_pipeline.corpus import index_corpus
from mifg_pipeline.models.rendering import sent_size

QUALITY = 92
"""Of JPEG files, as `mifg` sends them."""

_BLOBS = 9
"""Random colours across an image, which make its perceptual hash."""

_GRAIN = 3
"""Standard deviation of the noise on top: an image of a megapixel then takes 0.25 MB, as photographs do."""


class Pictures(NamedTuple):
    """Images of a corpus.

    Attributes:
        width: Of each, pixels.
        height: Of each, pixels.
        sent_pixels: Pixels to which each is scaled down before it is sent; fewer than it has.
        pairs: How many pairs there are.
    """

    width: int
    height: int
    sent_pixels: int
    pairs: int


SMALL = Pictures(width=72, height=72, sent_pixels=64 * 64, pairs=100)
LARGE = Pictures(width=1280, height=976, sent_pixels=1_003_520, pairs=12)


def make_corpus(folder: Path, pictures: Pictures) -> None:
    """Fills a folder and indexes it."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    with (folder / "metadata.jsonl").open("w", encoding="utf-8") as metadata:
        for number in range(2 * pictures.pairs):
            name = f"{number:04}.jpg"
            (folder / name).write_bytes(_jpeg(_drawn(rng, pictures)))
            metadata.write(json.dumps({"file_name": name, "categories": [f"pair {number // 2}"]}) + "\n")
    index_corpus(folder, shares={"train": 1.0, "validation": 0.0, "test": 0.0}, min_side=64)


def make_sent_pairs(corpus: Path, folder: Path, pictures: Pictures) -> tuple[tuple[str, str], ...]:
    """Scales the images of a corpus down to how they are sent, for arms that send files as they are; paths by pairs."""
    folder.mkdir()
    size = sent_size(pictures.width, pictures.height, pictures.sent_pixels)
    paths = []
    for path in sorted(corpus.glob("*.jpg")):
        with Image.open(path) as image:
            scaled = cv2.resize(np.asarray(image), size, interpolation=cv2.INTER_AREA)
        (folder / path.name).write_bytes(_jpeg(np.asarray(scaled)))
        paths.append(str(folder / path.name))
    return tuple(zip(paths[::2], paths[1::2], strict=True))


def _drawn(rng: np.random.Generator, pictures: Pictures) -> np.ndarray:
    blobs = rng.uniform(0, 255, (_BLOBS, _BLOBS, 3))
    smooth = cv2.resize(blobs, (pictures.width, pictures.height), interpolation=cv2.INTER_CUBIC)
    grained: np.ndarray = smooth + rng.normal(0, _GRAIN, smooth.shape)
    return grained.clip(0, 255).astype(np.uint8)


def _jpeg(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    return buffer.getvalue()
