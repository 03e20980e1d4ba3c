"""A folder in COCO's format, from its index to items: what is asked is clear, in English, and right by the JSON."""

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mifg_pipeline.corpus.draw import draw_scene

pytestmark = pytest.mark.slow

SPLITS = {"train2017": 14, "val2017": 6}
"""Images in each split; the splits number them alike."""
ITEMS = 90
FAMILIES = ("count-across", "compare", "odd-one-out")
FORMS = {
    *("count-across/total", "count-across/total-choice", "count-across/images-with", "count-across/difference"),
    *("count-across/beside-anchor", "compare/which-most", "compare/which-fewest", "compare/which-leftmost"),
    *("compare/which-largest", "odd-one-out/which-lacks", "odd-one-out/which-alone"),
}
PLACED = {"compare/which-leftmost", "compare/which-largest"}
DRAWN_AS = {
    "circle": "person",
    "diamond": "bus",
    "ring": "traffic light",
    "sign": "stop sign",
    "square": "sheep",
    "star": "wine glass",
    "triangle": "knife",
    "heart": "mouse",
    "cross": "scissors",
}
"""What the figures of drawn scenes stand for."""
CATEGORIES = {
    "person": (1, "person", "people"),
    "bus": (6, "bus", "buses"),
    "traffic light": (10, "traffic light", "traffic lights"),
    "stop sign": (13, "stop sign", "stop signs"),
    "sheep": (20, "sheep", "sheep"),
    "wine glass": (46, "wine glass", "wine glasses"),
    "knife": (49, "knife", "knives"),
    "mouse": (74, "mouse", "mice"),
    "scissors": (87, "pair of scissors", "pairs of scissors"),
}
"""COCO's id of each category, and one and several of its objects in English."""
SMALLEST_SIDE, BORDER = 28, 2

Thing = dict[str, Any]
"""An entry of the annotations in COCO's format."""


def thing(category: str, box: tuple[float, float, float, float], crowd: int = 0) -> Thing:
    """An annotation with an outline in COCO's two forms: a polygon, or counts of pixels for a crowd."""
    x, y, width, height = box
    outline = [[x, y + height / 2, x + width / 2, y, x + width, y + height / 2, x + width / 2, y + height]]
    return {
        "category_id": CATEGORIES[category][0],
        "bbox": [round(side, 2) for side in box],
        "area": round(0.8 * width * height, 3),
        "iscrowd": crowd,
        "segmentation": {"counts": [7, 20, 5], "size": [4, 8]} if crowd else outline,
    }


def things_of(objects: dict[str, Any], width: int) -> list[Thing]:
    """What a scene shows left of ``width``; figures that are cut there are annotated as far as they are seen."""
    return [
        thing(DRAWN_AS[name], (x + 0.31, y + 0.27, min(w - 0.6, width - x - 0.31), h - 0.6))
        for name, (x, y, w, h) in zip(objects["category"], objects["bbox"], strict=True)
        if x + 1 < width
    ]


def with_crowd(things: list[Thing], rng: random.Random) -> list[Thing]:
    """All objects of one category in one box, as COCO has it where there are many."""
    identifier = rng.choice(sorted({one["category_id"] for one in things}))
    boxes = np.array([one["bbox"] for one in things if one["category_id"] == identifier])
    (x, y), (x1, y1) = boxes[:, :2].min(axis=0), (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    (category,) = [name for name, (number, *_) in CATEGORIES.items() if number == identifier]
    crowd = thing(category, (float(x), float(y), float(x1 - x), float(y1 - y)), crowd=1)
    return [*(one for one in things if one["category_id"] != identifier), crowd]


def with_tiny(things: list[Thing], rng: random.Random) -> list[Thing]:
    """One more object, of a size at which annotators overlook some."""
    category = rng.choice(sorted(CATEGORIES))
    return [*things, thing(category, (3.5, 4.25, rng.uniform(8, 26), rng.uniform(8, 60)))]


def draw_split(root: Path, split: str, first: int, count: int) -> dict[str, Any]:
    """Draws images of a split, some cut in two, and returns its annotations."""
    folder = root / "images" / split
    folder.mkdir(parents=True)
    images, annotations = [], []
    for index in range(count):
        number, rng = first + index, random.Random(first + index)
        scene = draw_scene(seed=17, index=number)
        width = scene.pixels.shape[1] * (2 if index % 4 == 2 else 3) // 3
        Image.fromarray(scene.pixels[:, :width]).save(folder / f"{index:012}.jpg", quality=90)
        things = things_of(scene.metadata["objects"], width)
        things = with_crowd(things, rng) if index % 3 == 0 else with_tiny(things, rng) if index % 3 == 1 else things
        height = scene.pixels.shape[0]
        images.append(
            {"id": 1000 + number, "file_name": f"{index:012}.jpg", "license": 4, "width": width, "height": height}
        )
        for one in things:
            annotations.append({"id": 10_000 * (number + 1) + len(annotations), "image_id": 1000 + number, **one})
    return {
        "info": {"description": "drawn scenes"},
        "licenses": [{"id": 4, "name": "CC0-1.0", "url": "https://creativecommons.org/publicdomain/zero/1.0/"}],
        "categories": [{"id": number, "name": name} for name, (number, *_) in CATEGORIES.items()],
        "images": images,
        "annotations": annotations,
    }


@pytest.fixture(scope="module")
def coco(tmp_path_factory) -> Path:
    """A folder as COCO's archives unpack: ``images/SPLIT/*.jpg`` and ``annotations/instances_SPLIT.json``."""
    root = tmp_path_factory.mktemp("coco") / "coco"
    (root / "annotations").mkdir(parents=True)
    first = 0
    for split, count in SPLITS.items():
        document = draw_split(root, split, first, count)
        (root / "annotations" / f"instances_{split}.json").write_text(json.dumps(document))
        first += count
    return root


class Annotations:
    """What the JSON files of a COCO folder say, by the paths of the images.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self.sizes: dict[str, tuple[int, int]] = {}
        self.things: dict[str, dict[str, list[Thing]]] = {}
        for file in sorted((root / "annotations").glob("instances_*.json")):
            document = json.loads(file.read_text())
            split = file.stem.removeprefix("instances_")
            names = {entry["id"]: entry["name"] for entry in document["categories"]}
            paths = {entry["id"]: f"images/{split}/{entry['file_name']}" for entry in document["images"]}
            for entry in document["images"]:
                self.sizes[paths[entry["id"]]] = (entry["width"], entry["height"])
                self.things[paths[entry["id"]]] = defaultdict(list)
            for entry in document["annotations"]:
                self.things[paths[entry["image_id"]]][names[entry["category_id"]]].append(entry)

    def faults(self, path: str) -> Iterator[tuple[str, str]]:
        """Category and fault of each object that is a crowd, tiny or cut off."""
        width, _ = self.sizes[path]
        for category, entries in self.things[path].items():
            for entry in entries:
                x, _, w, h = entry["bbox"]
                if entry["iscrowd"]:
                    yield category, "crowd"
                if min(w, h) < SMALLEST_SIDE - 2:
                    yield category, "tiny"
                if x + w > width - BORDER:
                    yield category, "cut off"


@pytest.fixture(scope="module")
def annotations(coco) -> Annotations:
    return Annotations(coco)


@pytest.fixture(scope="module")
def indexed(coco, mifg) -> dict[str, Any]:
    """What the index says of the folder."""
    return json.loads(mifg("corpus", "index", coco, "--shares", "1,0,0", "--json").stdout)


@pytest.fixture(scope="module")
def items(coco, indexed, mifg, tmp_path_factory) -> list[dict[str, Any]]:
    run = tmp_path_factory.mktemp("runs") / "coco"
    mix = ", ".join(f"{family}: 1" for family in FAMILIES)
    settings = (f"mix={{{mix}}}", "ocr=false", "gates.glance_share=1", "gates.require_license=true")
    sets = [word for setting in settings for word in ("--set", setting)]
    mifg("generate", "--corpus", coco, "--out", run, "--items", ITEMS, "--seed", 3, "--concurrency", 2, *sets)
    return [json.loads(line) for line in (run / "candidates.jsonl").open()]


def form_of(item: dict[str, Any]) -> str:
    return item["provenance"]["writer"]


NOUNS = sorted({noun for _, *nouns in CATEGORIES.values() for noun in nouns}, key=len, reverse=True)
NOUN = re.compile(rf"\b(?P<article>an? |at least one |exactly one )?(?P<noun>{'|'.join(NOUNS)})\b")


def nouns_of(question: str) -> list[tuple[str, bool]]:
    """Categories that a question names in good English, and whether as a single object."""
    found = []
    for match in NOUN.finditer(question):
        (category,) = [name for name, (_, *nouns) in CATEGORIES.items() if match["noun"] in nouns]
        is_one = match["article"] is not None
        assert match["noun"] == CATEGORIES[category][1 if is_one else 2], question
        found.append((category, is_one))
    return found


def images_of(question: str) -> list[int]:
    """0-based indices of the images that a question names, in its order."""
    return [
        int(number) - 1
        for group in re.findall(r"\bImages? (\d+(?:, \d+)*(?: and \d+)?)", question)
        for number in re.findall(r"\d+", group)
    ]


def answer(item: dict[str, Any], annotations: Annotations) -> str:
    """The answer in words, by the question's words and the JSON files alone."""
    paths = [image["path"] for image in item["images"]]
    named = images_of(item["question"])
    categories = dict.fromkeys(nouns_of(item["question"]))

    def count(category: str) -> dict[int, int]:
        return {index: len(annotations.things[paths[index]][category]) for index in named}

    if form_of(item) == "count-across/beside-anchor":
        ((anchor, _),) = [kind for kind in categories if kind[1]]
        ((category, _),) = [kind for kind in categories if not kind[1]]
        return str(count(category)[the_only(count(anchor), lambda number: number == 1)])
    ((category, _),) = categories
    counts = count(category)
    match form_of(item):
        case "count-across/total" | "count-across/total-choice":
            return str(sum(counts.values()))
        case "count-across/images-with":
            return str(sum(number > 0 for number in counts.values()))
        case "count-across/difference":
            return str(counts[named[0]] - counts[named[1]])
        case "compare/which-most":
            return f"Image {1 + the_only(counts, lambda number: number == max(counts.values()))}"
        case "compare/which-fewest":
            return f"Image {1 + the_only(counts, lambda number: number == min(counts.values()))}"
        case "odd-one-out/which-lacks":
            return f"Image {1 + the_only(counts, lambda number: number == 0)}"
        case "odd-one-out/which-alone":
            return f"Image {1 + the_only(counts, lambda number: number > 0)}"
    return f"Image {1 + standing_out(form_of(item), {index: paths[index] for index in named}, category, annotations)}"


def standing_out(form: str, paths: dict[int, str], category: str, annotations: Annotations) -> int:
    """The image whose only object of the category is farthest to the left, or covers the largest part."""
    measures = {}
    for index, path in paths.items():
        ((x, _, width, height),) = [entry["bbox"] for entry in annotations.things[path][category]]
        across, down = annotations.sizes[path]
        measures[index] = x / across if form == "compare/which-leftmost" else -width * height / (across * down)
    return min(measures, key=measures.__getitem__)


def the_only(counts: dict[int, int], is_it: Callable[[int], bool]) -> int:
    (index,) = [index for index, number in counts.items() if is_it(number)]
    return index


def test_the_index_takes_every_image_with_its_annotations_and_licence(indexed, coco, annotations, mifg):
    shown = json.loads(mifg("corpus", "show", coco, "--json").stdout)
    assert (indexed["images"], indexed["annotated"], indexed["problems"]) == (20, 20, {})
    assert shown["licenses"] == {"CC0-1.0": 20}
    faults = Counter(fault for path in annotations.things for _, fault in annotations.faults(path))
    assert min(faults[fault] for fault in ("crowd", "tiny", "cut off")) >= 3


def test_every_form_of_the_families_is_asked(items):
    assert len(items) == ITEMS
    assert {form_of(item) for item in items} == FORMS


def test_keys_are_the_counts_of_the_json_files(items, annotations):
    wrong = []
    for item in items:
        key = item["answer"]["value"]
        if item["options"] is not None:
            key = item["options"]["ABCDEFGHIJ".index(key)]
        if str(key) != answer(item, annotations):
            wrong.append((form_of(item), item["question"], key))
    assert wrong == []


def test_questions_call_things_by_their_names_in_english(items):
    asked = Counter(noun for item in items for noun in nouns_of(item["question"]))
    assert all(nouns_of(item["question"]) for item in items)
    assert {category for category, is_one in asked if not is_one} >= {"person", "sheep", "knife", "traffic light"}


def test_nothing_unclear_is_asked_about(items, annotations):
    for item in items:
        # A difference lies between two of the images, whatever is in the others.
        indices = images_of(item["question"]) if form_of(item).endswith("/difference") else range(len(item["images"]))
        found = {fault for index in indices for fault in annotations.faults(item["images"][index]["path"])}
        unclear = {category for category, fault in found if fault != "cut off" or form_of(item) in PLACED}
        assert {category for category, _ in nouns_of(item["question"])} & unclear == set(), item["question"]


def test_items_that_no_witness_can_check_come_first_in_the_review(items):
    assert all(item["verdict"]["people_first"] for item in items)
