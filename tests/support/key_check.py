"""An independent check of keys: it answers items from their English, from annotations and from pixels.

It shares no code with programs, witnesses or the scorer: annotations are read with ``json`` from ``metadata.jsonl``,
pixels with pillow, OpenCV and scipy, and the question by its words.
"""

import json
import math
import re
from collections.abc import Callable
from functools import lru_cache
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from scipy import ndimage

COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "black", "white")
SHAPES = ("circle", "ring", "square", "triangle", "diamond", "star", "cross", "heart")
ROWS, COLUMNS = ("top", "middle", "bottom"), ("left", "centre", "right")

KIND = re.compile(
    rf"\b(?P<article>an? |at least one )?(?:(?P<colour>{'|'.join(COLOURS)}) )?"
    rf"(?P<category>{'|'.join(SHAPES)}|shape)(?P<plural>es|s)?\b"
)
IMAGES = re.compile(r"\bImages (\d+(?:, \d+)*(?: and \d+))")
SIGN = re.compile(rf"\b({'|'.join(COLOURS)}) sign(?: in Image (\d+))?")


class KeyCheck:
    """Answers items of one corpus and run.

    Args:
        corpus: Folder with the images and their ``metadata.jsonl`` files.
        run: Run folder with the derived images.
    """

    def __init__(self, corpus: Path, run: Path) -> None:
        self.corpus = corpus
        self.run = run
        self.objects = {}
        for metadata in corpus.rglob("metadata.jsonl"):
            for line in metadata.read_text().splitlines():
                row = json.loads(line)
                path = (metadata.parent / row["file_name"]).relative_to(corpus).as_posix()
                self.objects[path] = _objects(row.get("objects"))

    def answer(self, item: dict) -> str:
        """The answer of an item (a line of candidates.jsonl as a dict), in words."""
        family, form = item["provenance"]["writer"].split("/")
        method: Callable[[dict], str] = getattr(self, f"_{family}_{form}".replace("-", "_"))
        return method(item)

    def agrees(self, item: dict) -> bool:
        """Whether the key of the item is the answer."""
        value = item["answer"]["value"]
        if item["options"] is not None:
            value = item["options"]["ABCDEFGHIJ".index(value)]
        key = ", ".join(value) if isinstance(value, list) else str(value)
        answer = self.answer(item)
        if item["answer"]["kind"] == "list" and not item["answer"]["ordered"]:
            return sorted(key.split(", ")) == sorted(answer.split(", "))
        return key == answer

    # Counting and reading: from annotations.

    def _count_across_total(self, item: dict) -> str:
        kind = _kind(item["question"])
        return str(sum(self._count(item, image, kind) for image in _images(item["question"])))

    _count_across_total_choice = _count_across_total

    def _count_across_images_with(self, item: dict) -> str:
        kind = _kind(item["question"])
        return str(sum(self._count(item, image, kind) > 0 for image in _images(item["question"])))

    def _count_across_difference(self, item: dict) -> str:
        kind = _kind(item["question"])
        first, second = (int(number) - 1 for number in re.findall(r"\bImage (\d+)", item["question"]))
        return str(self._count(item, first, kind) - self._count(item, second, kind))

    def _count_across_beside_anchor(self, item: dict) -> str:
        image = self._anchored_image(item)
        (kind,) = [match for match in _kinds(item["question"]) if not match["article"]]
        return str(self._count(item, image, kind))

    def _read_across_which_largest(self, item: dict) -> str:
        colour = SIGN.findall(item["question"])[0][0]
        numbers = {image: int(self._sign(item, image, colour)) for image in _images(item["question"])}
        return f"Image {max(numbers, key=numbers.__getitem__) + 1}"

    def _read_across_sum(self, item: dict) -> str:
        signs = SIGN.findall(item["question"])
        assert len(signs) == 2
        return str(sum(int(self._sign(item, int(image) - 1, colour)) for colour, image in signs))

    def _read_across_which_text(self, item: dict) -> str:
        ((colour, image),) = SIGN.findall(item["question"])
        return self._sign(item, int(image) - 1, colour)

    def _read_across_which_image(self, item: dict) -> str:
        (text,) = re.findall(r'"(.+?)"', item["question"])
        found = [
            image
            for image in range(len(item["images"]))
            if any(thing["text"] == text for thing in self._objects_of(item, image))
        ]
        assert len(found) == 1, f"{text!r} is written in images {found}"
        return f"Image {found[0] + 1}"

    def _read_across_beside_anchor(self, item: dict) -> str:
        (colour, _), *_ = SIGN.findall(item["question"])
        return self._sign(item, self._anchored_image(item), colour)

    # Comparing, singling out, relating, and questions of two hops: from annotations.

    def _compare_which_most(self, item: dict) -> str:
        return self._standing_out(item, max)

    def _compare_which_fewest(self, item: dict) -> str:
        return self._standing_out(item, min)

    def _compare_which_leftmost(self, item: dict) -> str:
        lefts = {image: _centre(thing)[0] / width for image, thing, width, _ in self._one_in_each(item)}
        return f"Image {min(lefts, key=lefts.__getitem__) + 1}"

    def _compare_which_largest(self, item: dict) -> str:
        shares = {
            image: thing["bbox"][2] * thing["bbox"][3] / (width * height)
            for image, thing, width, height in self._one_in_each(item)
        }
        return f"Image {max(shares, key=shares.__getitem__) + 1}"

    def _odd_one_out_which_lacks(self, item: dict) -> str:
        (without,) = [image for image, count in self._counts(item).items() if count == 0]
        return f"Image {without + 1}"

    def _odd_one_out_which_alone(self, item: dict) -> str:
        (alone,) = [image for image, count in self._counts(item).items() if count]
        return f"Image {alone + 1}"

    def _relate_nearest(self, item: dict) -> str:
        image, anchor = self._anchored_image(item), self._anchor(item)
        others = [t for t in self._objects_of(item, image) if t["category"] in SHAPES and t is not anchor]
        nearest = min(others, key=lambda thing: math.dist(_centre(thing), _centre(anchor)))
        return f"{nearest['colour']} {nearest['category']}"

    def _relate_which_side(self, item: dict) -> str:
        image, anchor = self._anchored_image(item), self._anchor(item)
        (kind,) = [match for match in _kinds(item["question"]) if not match["article"]]
        (thing,) = [thing for thing in self._objects_of(item, image) if _is_of(thing, kind)]
        return "left" if _centre(thing)[0] < _centre(anchor)[0] else "right"

    def _two_hop_sign_of_most(self, item: dict) -> str:
        ((colour, _),) = SIGN.findall(item["question"])
        return self._sign(item, int(self._standing_out(item, max).split()[1]) - 1, colour)

    def _two_hop_count_at_largest(self, item: dict) -> str:
        ((colour, _),) = SIGN.findall(item["question"])
        numbers = {image: int(self._sign(item, image, colour)) for image in _images(item["question"])}
        return str(self._count(item, max(numbers, key=numbers.__getitem__), _kind(item["question"])))

    def _two_hop_count_at_text(self, item: dict) -> str:
        image = int(self._read_across_which_image(item).split()[1]) - 1
        return str(self._count(item, image, _kind(item["question"])))

    def _counts(self, item: dict) -> dict[int, int]:
        kind = _kind(item["question"])
        return {image: self._count(item, image, kind) for image in _images(item["question"])}

    def _standing_out(self, item: dict, extreme: Callable) -> str:
        counts = self._counts(item)
        (image,) = [image for image, count in counts.items() if count == extreme(counts.values())]
        return f"Image {image + 1}"

    def _one_in_each(self, item: dict) -> list[tuple[int, dict, int, int]]:
        kind = _kind(item["question"])
        found = []
        for image in _images(item["question"]):
            (thing,) = [thing for thing in self._objects_of(item, image) if _is_of(thing, kind)]
            found.append((image, thing, item["images"][image]["width"], item["images"][image]["height"]))
        return found

    def _anchor(self, item: dict) -> dict:
        (kind,) = [match for match in _kinds(item["question"]) if match["article"]]
        (anchor,) = [t for t in self._objects_of(item, self._anchored_image(item)) if _is_of(t, kind)]
        return anchor

    def _objects_of(self, item: dict, image: int) -> list[dict]:
        return self.objects[item["images"][image]["path"]]

    def _count(self, item: dict, image: int, kind: re.Match) -> int:
        return sum(_is_of(thing, kind) for thing in self._objects_of(item, image))

    def _sign(self, item: dict, image: int, colour: str) -> str:
        signs = [
            thing["text"]
            for thing in self._objects_of(item, image)
            if thing["category"] == "sign" and thing["colour"] == colour
        ]
        assert len(signs) == 1, f"{len(signs)} {colour} signs in image {image + 1}"
        return signs[0]

    def _anchored_image(self, item: dict) -> int:
        (anchor,) = [match for match in _kinds(item["question"]) if match["article"]]
        counts = {image: self._count(item, image, anchor) for image in _images(item["question"])}
        (image,) = [image for image, count in counts.items() if count]
        assert counts[image] == 1
        return image

    # Details: the evidence is believed only where the pixels there, enlarged, are those of the query image.

    def _find_detail_which_image(self, item: dict) -> str:
        ((source, _),) = self._sources(item)
        return f"Image {source + 1}"

    def _find_detail_which_quarter(self, item: dict) -> str:
        ((source, (x, y)),) = self._sources(item)
        return f"Image {source + 1}, {'upper' if y < 0.5 else 'lower'} {'left' if x < 0.5 else 'right'}"

    def _find_detail_which_cell(self, item: dict) -> str:
        ((_, place),) = self._sources(item)
        return _cell(*place)

    def _find_detail_two_details(self, item: dict) -> str:
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

    def _match_details_to_images(self, item: dict) -> str:
        return ", ".join(str(source + 1) for source, _ in self._sources(item))

    def _match_which_pairing(self, item: dict) -> str:
        details = [index for index, role in enumerate(item["roles"]) if role == "query"]
        sources = [source for source, _ in self._sources(item)]
        return ", ".join(f"{detail + 1}–{source + 1}" for detail, source in zip(details, sources, strict=True))

    # Scenes: images say which picture they were made from.

    def _same_scene_which_match(self, item: dict) -> str:
        (reference,) = {int(number) - 1 for number in re.findall(r"\bImage (\d+)", item["question"])}
        (match,) = [image for image in self._alike(item, reference) if image != reference]
        return f"Image {match + 1}"

    def _same_scene_which_two(self, item: dict) -> str:
        (pair,) = {alike for image in range(len(item["images"])) if len(alike := tuple(self._alike(item, image))) == 2}
        return ", ".join(str(image + 1) for image in pair)

    def _alike(self, item: dict, image: int) -> list[int]:
        images = item["images"]
        return [k for k in range(len(images)) if images[k]["derived_from"] == images[image]["derived_from"]]

    # Order: a closer view is found, made smaller, within a wider one; stages of an edit differ in ever more places.

    def _order_by_zoom(self, item: dict) -> str:
        views = [cv2.resize(self._grey(item, index), (320, 240)) for index in range(len(item["images"]))]
        wins = [
            sum(_lies_within(one, other) > _lies_within(other, one) for other in views if other is not one)
            for one in views
        ]
        return ", ".join(str(index + 1) for index in sorted(range(len(views)), key=lambda index: wins[index]))

    def _order_by_edits(self, item: dict) -> str:
        (original,) = {int(number) - 1 for number in re.findall(r"\bImage (\d+)", item["question"])}
        edits = [
            0 if index == original else len(self._changes(item, original, index))
            for index in range(len(item["images"]))
        ]
        assert sorted(edits) == list(range(len(edits))), f"stages have {edits} edits"
        return ", ".join(str(index + 1) for index in sorted(range(len(edits)), key=edits.__getitem__))

    # Edits: images of one item went through the same encoder, so blocks that were not edited are equal.

    def _spot_change_which_cell(self, item: dict) -> str:
        (place,) = self._changes(item, 0, 1)
        return _cell(*place)

    def _spot_change_how_many_edits(self, item: dict) -> str:
        return str(len(self._changes(item, 0, 1)))

    def _spot_change_which_unedited(self, item: dict) -> str:
        return f"Image {self._unedited(item) + 1}"

    def _spot_change_which_higher(self, item: dict) -> str:
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


def _objects(columns: dict | None) -> list[dict]:
    if columns is None:
        return []
    return [
        {"category": category, "text": text, "colour": attributes["colour"], "bbox": bbox}
        for category, text, attributes, bbox in zip(
            columns["category"], columns["text"], columns["attributes"], columns["bbox"], strict=True
        )
    ]


def _is_of(thing: dict, kind: re.Match) -> bool:
    return (
        thing["category"] in SHAPES
        and kind["category"] in ("shape", thing["category"])
        and kind["colour"] in (None, thing["colour"])
    )


def _centre(thing: dict) -> tuple[float, float]:
    x, y, width, height = thing["bbox"]
    return x + width / 2, y + height / 2


def _lies_within(close: np.ndarray, wide: np.ndarray) -> float:
    """How well one view, made smaller, is found in another."""
    scores = [
        cv2.matchTemplate(wide, cv2.resize(close, None, fx=scale, fy=scale), cv2.TM_CCOEFF_NORMED).max()
        for scale in np.arange(0.3, 0.9, 0.025)
    ]
    return float(max(scores))


def _kinds(question: str) -> list[re.Match]:
    return list(KIND.finditer(question))


def _kind(question: str) -> re.Match:
    (kind,) = _kinds(question)
    return kind


def _images(question: str) -> list[int]:
    (numbers,) = IMAGES.findall(question)
    return [int(number) - 1 for number in re.findall(r"\d+", numbers)]


def _cell(x: float, y: float) -> str:
    row, column = ROWS[int(y * 3)], COLUMNS[int(x * 3)]
    return "centre" if (row, column) == ("middle", "centre") else row if row == column else f"{row} {column}"
