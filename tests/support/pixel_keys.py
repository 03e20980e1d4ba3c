"""Answers questions about details, views and edits, from pixels and from which picture an image was made from."""

import re
from functools import lru_cache
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from scipy import ndimage

ROWS, COLUMNS = ("top", "middle", "bottom"), ("left", "centre", "right")


class PixelKeys:
    """Answers items of the families find-detail, match, same-scene, order and spot-change.

    Each form has a method of its name, which takes a line of candidates.jsonl as a dict.

    Args:
        corpus: Folder with the images.
        run: Run folder with the derived images.
    """

    def __init__(self, corpus: Path, run: Path) -> None:
        self.corpus = corpus
        self.run = run

    # Details: the evidence is believed only where the pixels there, enlarged, are those of the query image.

    def find_detail_which_image(self, item: dict) -> str:
        ((source, _),) = self._sources(item)
        return f"Image {source + 1}"

    def find_detail_which_quarter(self, item: dict) -> str:
        ((source, (x, y)),) = self._sources(item)
        return f"Image {source + 1}, {'upper' if y < 0.5 else 'lower'} {'left' if x < 0.5 else 'right'}"

    def find_detail_which_cell(self, item: dict) -> str:
        ((_, place),) = self._sources(item)
        return _cell(*place)

    def find_detail_two_details(self, item: dict) -> str:
        return ", ".join(str(source + 1) for source, _ in self._sources(item))

    def _sources(self, item: dict) -> list[tuple[int, tuple[float, float]]]:
        """Image index and relative place of the detail that each query image shows, in order of the query images."""
        queries = [index for index, role in enumerate(item["roles"]) if role == "query"]
        sources = []
        for query in queries:
            enlarged = self._grey(item, query)
            matches = []
            for region in item["evidence"]:
                x0, y0, x1, y1 = region["bbox"]
                window = self._grey(item, region["image"])[y0:y1, x0:x1]
                again = Image.fromarray(window).resize(enlarged.shape[::-1], Image.Resampling.BICUBIC)
                if np.corrcoef(np.asarray(again, float).ravel(), enlarged.astype(float).ravel())[0, 1] > 0.95:
                    size = item["images"][region["image"]]
                    place = ((x0 + x1) / 2 / size["width"], (y0 + y1) / 2 / size["height"])
                    matches.append((region["image"], place))
            assert len(matches) == 1, f"image {query + 1} shows {len(matches)} of the evidence regions"
            sources += matches
        return sources

    def match_details_to_images(self, item: dict) -> str:
        return ", ".join(str(source + 1) for source, _ in self._sources(item))

    def match_which_pairing(self, item: dict) -> str:
        details = [index for index, role in enumerate(item["roles"]) if role == "query"]
        sources = [source for source, _ in self._sources(item)]
        return ", ".join(f"{detail + 1}–{source + 1}" for detail, source in zip(details, sources, strict=True))

    # Scenes: images say which picture they were made from.

    def same_scene_which_match(self, item: dict) -> str:
        (reference,) = {int(number) - 1 for number in re.findall(r"\bImage (\d+)", item["question"])}
        (match,) = [image for image in self._alike(item, reference) if image != reference]
        return f"Image {match + 1}"

    def same_scene_which_two(self, item: dict) -> str:
        (pair,) = {alike for image in range(len(item["images"])) if len(alike := tuple(self._alike(item, image))) == 2}
        return ", ".join(str(image + 1) for image in pair)

    def _alike(self, item: dict, image: int) -> list[int]:
        images = item["images"]
        return [k for k in range(len(images)) if images[k]["derived_from"] == images[image]["derived_from"]]

    # Order: a closer view is found, made smaller, within a wider one; stages of an edit differ in ever more places.

    def order_by_zoom(self, item: dict) -> str:
        views = [cv2.resize(self._grey(item, index), (320, 240)) for index in range(len(item["images"]))]
        wins = [
            sum(_lies_within(one, other) > _lies_within(other, one) for other in views if other is not one)
            for one in views
        ]
        return ", ".join(str(index + 1) for index in sorted(range(len(views)), key=lambda index: wins[index]))

    def order_by_edits(self, item: dict) -> str:
        (original,) = {int(number) - 1 for number in re.findall(r"\bImage (\d+)", item["question"])}
        edits = [
            0 if index == original else len(self._changes(item, original, index))
            for index in range(len(item["images"]))
        ]
        assert sorted(edits) == list(range(len(edits))), f"stages have {edits} edits"
        return ", ".join(str(index + 1) for index in sorted(range(len(edits)), key=edits.__getitem__))

    # Edits: images of one item went through the same encoder, so blocks that were not edited are equal.

    def spot_change_which_cell(self, item: dict) -> str:
        (place,) = self._changes(item, 0, 1)
        return _cell(*place)

    def spot_change_how_many_edits(self, item: dict) -> str:
        return str(len(self._changes(item, 0, 1)))

    def spot_change_which_unedited(self, item: dict) -> str:
        return f"Image {self._unedited(item) + 1}"

    def spot_change_which_higher(self, item: dict) -> str:
        original = self._unedited(item)
        heights = {
            image: self._changes(item, original, image)[0][1]
            for image in range(len(item["images"]))
            if image != original
        }
        return f"Image {min(heights, key=heights.__getitem__) + 1}"

    def _unedited(self, item: dict) -> int:
        """The image that differs in one place from each other one; edited ones differ in two among themselves."""
        images = range(len(item["images"]))
        edited = {
            image
            for one, other in combinations(images, 2)
            if len(self._changes(item, one, other)) != 1
            for image in (one, other)
        }
        unedited = [image for image in images if image not in edited]
        assert len(unedited) == 1, f"images {unedited} differ in one place from all others"
        return unedited[0]

    def _changes(self, item: dict, first: int, second: int) -> list[tuple[float, float]]:
        """Relative centres of the places in which two images differ, from top to bottom."""
        one, other = (_half_size(self._path(item, index)) for index in (first, second))
        difference = (np.maximum(one, other) - np.minimum(one, other)).max(axis=2)
        height, width = (side // 4 * 4 for side in difference.shape)
        blocks = difference[:height, :width].reshape(height // 4, 4, width // 4, 4).mean(axis=(1, 3)) > 3
        closed = ndimage.binary_closing(np.pad(blocks, 4), np.ones((3, 3)))[4:-4, 4:-4]
        labels, count = ndimage.label(closed)
        centres = ndimage.center_of_mass(closed, labels, range(1, count + 1))
        return sorted(
            (((x + 0.5) * 4 / difference.shape[1], (y + 0.5) * 4 / difference.shape[0]) for y, x in centres),
            key=lambda place: place[1],
        )

    def _path(self, item: dict, index: int) -> Path:
        image = item["images"][index]
        return (self.run if image["derived_from"] else self.corpus) / image["path"]

    def _grey(self, item: dict, index: int) -> np.ndarray:
        return np.asarray(Image.fromarray(_pixels(self._path(item, index))).convert("L"))


@lru_cache(maxsize=40)
def _pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


@lru_cache(maxsize=8)
def _half_size(path: Path) -> np.ndarray:
    """Decoded at half the size, in which blocks that are equal in two files stay equal."""
    image = Image.open(path)
    image.draft("RGB", (image.width // 2, image.height // 2))
    return np.asarray(image)


def _lies_within(close: np.ndarray, wide: np.ndarray) -> float:
    """How well one view, made smaller, is found in another."""
    scores = [
        cv2.matchTemplate(wide, cv2.resize(close, None, fx=scale, fy=scale), cv2.TM_CCOEFF_NORMED).max()
        for scale in np.arange(0.3, 0.9, 0.025)
    ]
    return float(max(scores))


def _cell(x: float, y: float) -> str:
    row, column = ROWS[int(y * 3)], COLUMNS[int(x * 3)]
    return "centre" if (row, column) == ("middle", "centre") else row if row == column else f"{row} {column}"
