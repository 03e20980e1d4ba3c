"""Answers questions about what is in the images, from their words and from annotations alone."""

import json
import math
import re
from collections.abc import Callable
from pathlib import Path

COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "black", "white")
SHAPES = ("circle", "ring", "square", "triangle", "diamond", "star", "cross", "heart")

KIND = re.compile(
    rf"\b(?P<article>an? |at least one )?(?:(?P<colour>{'|'.join(COLOURS)}) )?"
    rf"(?P<category>{'|'.join(SHAPES)}|shape)(?P<plural>es|s)?\b"
)
IMAGES = re.compile(r"\bImages (\d+(?:, \d+)*(?: and \d+))")
SIGN = re.compile(rf"\b({'|'.join(COLOURS)}) sign(?: in Image (\d+))?")


class AnnotationKeys:
    """Answers items of the families count-across, read-across, compare, odd-one-out, relate and two-hop.

    Each form has a method of its name, which takes a line of candidates.jsonl as a dict.

    Args:
        corpus: Folder with the images and their ``metadata.jsonl`` files.
    """

    def __init__(self, corpus: Path) -> None:
        self.objects = {}
        for metadata in corpus.rglob("metadata.jsonl"):
            for line in metadata.read_text().splitlines():
                row = json.loads(line)
                path = (metadata.parent / row["file_name"]).relative_to(corpus).as_posix()
                self.objects[path] = _objects(row.get("objects"))

    def count_across_total(self, item: dict) -> str:
        kind = _kind(item["question"])
        return str(sum(self._count(item, image, kind) for image in _images(item["question"])))

    count_across_total_choice = count_across_total

    def count_across_images_with(self, item: dict) -> str:
        kind = _kind(item["question"])
        return str(sum(self._count(item, image, kind) > 0 for image in _images(item["question"])))

    def count_across_difference(self, item: dict) -> str:
        kind = _kind(item["question"])
        first, second = (int(number) - 1 for number in re.findall(r"\bImage (\d+)", item["question"]))
        return str(self._count(item, first, kind) - self._count(item, second, kind))

    def count_across_beside_anchor(self, item: dict) -> str:
        image = self._anchored_image(item)
        (kind,) = [match for match in _kinds(item["question"]) if not match["article"]]
        return str(self._count(item, image, kind))

    def read_across_which_largest(self, item: dict) -> str:
        colour = SIGN.findall(item["question"])[0][0]
        numbers = {image: int(self._sign(item, image, colour)) for image in _images(item["question"])}
        return f"Image {max(numbers, key=numbers.__getitem__) + 1}"

    def read_across_sum(self, item: dict) -> str:
        signs = SIGN.findall(item["question"])
        assert len(signs) == 2
        return str(sum(int(self._sign(item, int(image) - 1, colour)) for colour, image in signs))

    def read_across_which_text(self, item: dict) -> str:
        ((colour, image),) = SIGN.findall(item["question"])
        return self._sign(item, int(image) - 1, colour)

    def read_across_which_image(self, item: dict) -> str:
        (text,) = re.findall(r'"(.+?)"', item["question"])
        found = [
            image
            for image in range(len(item["images"]))
            if any(thing["text"] == text for thing in self._objects_of(item, image))
        ]
        assert len(found) == 1, f"{text!r} is written in images {found}"
        return f"Image {found[0] + 1}"

    def read_across_beside_anchor(self, item: dict) -> str:
        (colour, _), *_ = SIGN.findall(item["question"])
        return self._sign(item, self._anchored_image(item), colour)

    def compare_which_most(self, item: dict) -> str:
        return self._standing_out(item, max)

    def compare_which_fewest(self, item: dict) -> str:
        return self._standing_out(item, min)

    def compare_which_leftmost(self, item: dict) -> str:
        lefts = {image: _centre(thing)[0] / width for image, thing, width, _ in self._one_in_each(item)}
        return f"Image {min(lefts, key=lefts.__getitem__) + 1}"

    def compare_which_largest(self, item: dict) -> str:
        shares = {
            image: thing["bbox"][2] * thing["bbox"][3] / (width * height)
            for image, thing, width, height in self._one_in_each(item)
        }
        return f"Image {max(shares, key=shares.__getitem__) + 1}"

    def odd_one_out_which_lacks(self, item: dict) -> str:
        (without,) = [image for image, count in self._counts(item).items() if count == 0]
        return f"Image {without + 1}"

    def odd_one_out_which_alone(self, item: dict) -> str:
        (alone,) = [image for image, count in self._counts(item).items() if count]
        return f"Image {alone + 1}"

    def relate_nearest(self, item: dict) -> str:
        image, anchor = self._anchored_image(item), self._anchor(item)
        others = [t for t in self._objects_of(item, image) if t["category"] in SHAPES and t is not anchor]
        nearest = min(others, key=lambda thing: math.dist(_centre(thing), _centre(anchor)))
        return f"{nearest['colour']} {nearest['category']}"

    def relate_which_side(self, item: dict) -> str:
        image, anchor = self._anchored_image(item), self._anchor(item)
        (kind,) = [match for match in _kinds(item["question"]) if not match["article"]]
        (thing,) = [thing for thing in self._objects_of(item, image) if _is_of(thing, kind)]
        return "left" if _centre(thing)[0] < _centre(anchor)[0] else "right"

    def two_hop_sign_of_most(self, item: dict) -> str:
        ((colour, _),) = SIGN.findall(item["question"])
        return self._sign(item, int(self._standing_out(item, max).split()[1]) - 1, colour)

    def two_hop_count_at_largest(self, item: dict) -> str:
        ((colour, _),) = SIGN.findall(item["question"])
        numbers = {image: int(self._sign(item, image, colour)) for image in _images(item["question"])}
        return str(self._count(item, max(numbers, key=numbers.__getitem__), _kind(item["question"])))

    def two_hop_count_at_text(self, item: dict) -> str:
        image = int(self.read_across_which_image(item).split()[1]) - 1
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


def _kinds(question: str) -> list[re.Match]:
    return list(KIND.finditer(question))


def _kind(question: str) -> re.Match:
    (kind,) = _kinds(question)
    return kind


def _images(question: str) -> list[int]:
    (numbers,) = IMAGES.findall(question)
    return [int(number) - 1 for number in re.findall(r"\d+", numbers)]
