"""Compares signals that tell copies of images: recall on altered photographs, false positives on different pictures.

Each of the photographs that ship is altered in ways in which benchmarks hold copies of known pictures. A signal is
asked whether the altered one and the original are the same picture, and whether the altered one and each other picture
(the photographs, and drawn scenes, which share shapes and letters) are.
"""

import argparse
import io
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import imagehash
import numpy as np
from machine import print_header
from PIL import Image, ImageOps
from rich.console import Console
from rich.table import Table

from mifg_pipeline.copies.match import is_copy
from mifg_pipeline.copies.portrait import Portrait
from mifg_pipeline.images.decoding import decode_upright, read_image_file

DATA = Path(__file__).parent.parent / "data"
LONGEST = 1600
ROUNDS = 1
"""Times that each alteration is drawn for each photograph."""

Picture = Image.Image
Alteration = Callable[[Picture, random.Random], Picture]


class Signal(NamedTuple):
    """A way to tell copies: what is computed of an image, and how an altered and an original one are compared."""

    name: str
    of: Callable[[Picture], Any]
    same: Callable[[Any, Any], bool]


def cropped(area: float) -> Alteration:
    """Keeps a part of that share of the area, anywhere."""

    def alter(image: Picture, rng: random.Random) -> Picture:
        width, height = int(image.width * area**0.5), int(image.height * area**0.5)
        x, y = rng.randrange(image.width - width + 1), rng.randrange(image.height - height + 1)
        return image.crop((x, y, x + width, y + height))

    return alter


def recompressed(image: Picture, _: random.Random) -> Picture:
    """A tenth of the pixels, at JPEG quality 20."""
    buffer = io.BytesIO()
    ImageOps.scale(image, 0.1**0.5).save(buffer, "JPEG", quality=20)
    return Image.open(buffer).convert("RGB")


def recoloured(image: Picture, rng: random.Random) -> Picture:
    """Other hues, darker or lighter."""
    hsv = np.asarray(image.convert("HSV")).copy()
    hsv[..., 0] += np.uint8(rng.randrange(40, 200))
    rgb = np.asarray(Image.fromarray(hsv, "HSV").convert("RGB")) / 255
    return Image.fromarray((255 * rgb ** rng.choice([0.6, 1.6])).astype(np.uint8))


ALTERATIONS: Mapping[str, Alteration] = {
    "a tenth of the pixels, JPEG quality 20": recompressed,
    "recoloured": recoloured,
    "grey": lambda image, _: image.convert("L").convert("RGB"),
    "mirror image": lambda image, _: ImageOps.mirror(image),
    "crop, 75 % of the area": cropped(0.75),
    "crop, 50 %": cropped(0.5),
    "crop, 25 %": cropped(0.25),
    "crop, 10 %": cropped(0.1),
    "crop, 50 %, mirrored and recompressed": lambda i, r: recompressed(ImageOps.mirror(cropped(0.5)(i, r)), r),
}


def colours(image: Picture) -> np.ndarray[Any, Any]:
    """Histogram of 8 × 8 × 8 colours, adding up to 1."""
    histogram = cv2.calcHist([np.asarray(image)], [0, 1, 2], None, [8] * 3, [0, 256] * 3).ravel()
    return np.asarray(histogram / histogram.sum())


def orb_features(image: Picture) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
    """Points and descriptors at a longest side of 512."""
    keypoints, descriptors = cv2.ORB.create(300).detectAndCompute(
        np.asarray(ImageOps.contain(image, (512, 512)).convert("L")), None
    )
    return np.array([keypoint.pt for keypoint in keypoints], np.float32).reshape(-1, 2), descriptors


def orb_agrees(one: Any, other: Any) -> bool:
    """ORB with Lowe's ratio and a similarity of at least 15 inliers."""
    (points, descriptors), (other_points, other_descriptors) = one, other
    if descriptors is None or other_descriptors is None:
        return False
    found = [
        pair for pair in cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(descriptors, other_descriptors, k=2) if len(pair) == 2
    ]
    good = [first for first, second in found if first.distance < 0.85 * second.distance]
    if len(good) < 15:
        return False
    cv2.setRNGSeed(1)
    here = np.array([points[match.queryIdx] for match in good])
    there = np.array([other_points[match.trainIdx] for match in good])
    _, inliers = cv2.estimateAffinePartial2D(here, there, ransacReprojThreshold=4)
    return inliers is not None and int(inliers.sum()) >= 15


SIGNALS = (
    Signal("pHash, 6 bits", lambda image: imagehash.phash(image), lambda one, other: one - other <= 6),
    Signal(
        "crop-resistant hash",
        lambda image: imagehash.crop_resistant_hash(ImageOps.contain(image, (300, 300))),
        lambda one, other: one.matches(other),
    ),
    Signal("colour histogram, 0.8", colours, lambda one, other: float(np.minimum(one, other).sum()) > 0.8),
    Signal("ORB + RANSAC", orb_features, orb_agrees),
    Signal(
        "mirrored ORB + RANSAC",
        lambda image: (orb_features(image), orb_features(ImageOps.mirror(image))),
        lambda one, other: any(orb_agrees(each, other[0]) for each in one),
    ),
    Signal("SIFT + RANSAC + pixels", Portrait.both, lambda one, other: any(is_copy(each, other[0]) for each in one)),
)


def main() -> None:
    """Measures and prints."""
    argparse.ArgumentParser(description=__doc__.partition("\n")[0]).parse_args()
    print_header("opencv-python-headless", "imagehash", "pillow", "numpy")
    photographs, scenes = pictures(DATA / "photos"), pictures(DATA / "scenes")
    others = photographs + scenes
    table = Table("alteration", *(signal.name for signal in SIGNALS), box=None, pad_edge=False)
    false = dict.fromkeys((signal.name for signal in SIGNALS), 0)
    known = {signal.name: [signal.of(picture) for picture in others] for signal in SIGNALS}
    for name, alter in ALTERATIONS.items():
        found = dict.fromkeys(false, 0)
        rng = random.Random(name)
        for _ in range(ROUNDS):
            for number, photograph in enumerate(photographs):
                count(alter(photograph, rng), number, known, found, false)
        total = ROUNDS * len(photographs)
        table.add_row(name, *(f"{hits / total:.0%}" for hits in found.values()))
    pairs = ROUNDS * len(ALTERATIONS) * len(photographs) * (len(others) - 1)
    table.add_row(f"false, of {pairs:,} pairs", *(f"{hits}" for hits in false.values()))
    Console(width=160).print(f"{len(photographs)} photographs, {len(scenes)} drawn scenes", table, sep="\n")


def count(
    altered: Picture, original: int, known: Mapping[str, Sequence[Any]], found: dict[str, int], false: dict[str, int]
) -> None:
    """Adds what every signal says of one altered picture."""
    for signal in SIGNALS:
        measured = signal.of(altered)
        answers = [signal.same(measured, other) for other in known[signal.name]]
        found[signal.name] += answers[original]
        false[signal.name] += sum(answers) - answers[original]


def pictures(folder: Path) -> list[Picture]:
    """The pictures of a folder, at most 1600 pixels long."""
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in (".jpg", ".jpeg", ".png", ".webp")]
    return [ImageOps.contain(decode_upright(read_image_file(path)), (LONGEST, LONGEST)) for path in files]


if __name__ == "__main__":
    main()
