"""Works out the answers to the world's own questions a second time: from the metadata of the scenes, by plain loops."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Things = list[dict[str, Any]]

PATTERNS = {
    "total": r"Counted over (?P<images>Images? [\d, and]+), how many (?P<kind>.+) are there in all\?",
    "told": r"Counted over (?P<images>Images? [\d, and]+), where there are (?P<told>\d+) in all, how many (?P<kind>.+) "
    r"are there\?",
    "excess": r"How far does the number of (?P<kind>.+) in Image (?P<first>\d) exceed that in Image (?P<second>\d)\?",
    "most": r"Of (?P<images>Images? [\d, and]+), which would come out on top if one counted (?P<kind>.+)\?",
    "sum": r"Add up the numbers on the (?P<one>\w+) sign in Image (?P<first>\d) and the (?P<other>\w+) sign in Image "
    r"(?P<second>\d): what do you get\?",
    "corners": r"How many corners do an? (?P<one>\w+) in Image (?P<first>\d) and an? (?P<other>\w+) in Image "
    r"(?P<second>\d) have together\?",
    "total and corners": r"Take the number of (?P<kind>.+) in Image (?P<first>\d) and the number of corners of an? "
    r"(?P<one>\w+) in Image (?P<second>\d): what is their sum\?",
}
COLOURS = {"red", "orange", "yellow", "green", "blue", "purple", "black", "white"}
CORNERS = {"triangle": 3, "square": 4, "diamond": 4, "star": 10, "cross": 12}


def things_by_name(folder: Path) -> dict[str, Things]:
    """The annotated things of each scene, by file name."""
    found = {}
    for line in (folder / "metadata.jsonl").read_text().splitlines():
        record = json.loads(line)
        objects = record["objects"]
        columns = zip(objects["bbox"], objects["category"], objects["text"], objects["attributes"], strict=True)
        found[record["file_name"]] = [
            {"bbox": [x, y, x + width, y + height], "category": category, "text": text, "colour": attributes["colour"]}
            for (x, y, width, height), category, text, attributes in columns
        ]
    return found


def form_of(question: str) -> tuple[str, dict[str, str]]:
    """The form of a question and what its fields say."""
    for form, pattern in PATTERNS.items():
        match = re.fullmatch(pattern, question)
        if match and not match.groupdict().get("kind", "").endswith("things"):
            return form, match.groupdict()
    return "things", re.fullmatch(PATTERNS["total"], question).groupdict()


def answers_to(question: str, scenes: Sequence[Things]) -> list[str]:
    """All answers that can be defended.

    Args:
        question: One of the world's own.
        scenes: The things in each image of the item, in order.
    """
    form, fields = form_of(question)
    images = [int(number) - 1 for number in re.findall(r"\d+", fields.get("images", ""))]
    first, second = (int(fields.get(name, 1)) - 1 for name in ("first", "second"))
    counts = [len(covered(fields.get("kind", ""), things)) for things in scenes]
    match form:
        case "total" | "told":
            return [str(sum(counts[image] for image in images))]
        case "excess":
            return [str(counts[first] - counts[second])]
        case "most":
            largest = max(counts[image] for image in images)
            return [f"Image {image + 1}" for image in images if counts[image] == largest]
        case "sum":
            return [str(number_on(fields["one"], scenes[first]) + number_on(fields["other"], scenes[second]))]
        case "corners":
            return [str(CORNERS[fields["one"]] + CORNERS[fields["other"]])]
        case "total and corners":
            return [str(counts[first] + CORNERS[fields["one"]])]
    colour = fields["kind"].split()[0]
    things = [thing for image in images for thing in scenes[image] if thing["colour"] == colour]
    return [str(sum(thing["category"] != "sign" for thing in things)), str(len(things))]


def covered(kind: str, things: Things) -> Things:
    """The shapes that a noun phrase in the plural names."""
    words = kind.removesuffix(" (signs do not count)").split()
    colour = words.pop(0) if words and words[0] in COLOURS else None
    noun = {"crosses": "cross"}.get(words[0], words[0].removesuffix("s")) if words else None
    return [
        thing
        for thing in things
        if thing["category"] != "sign"
        and noun in ("shape", thing["category"])
        and (colour is None or thing["colour"] == colour)
    ]


def number_on(colour: str, things: Things) -> int:
    """The number on the only sign of that colour."""
    (sign,) = (thing for thing in things if thing["category"] == "sign" and thing["colour"] == colour)
    return int(sign["text"])


def evidence_of(question: str, image: int, things: Things) -> list[list[int]]:
    """The boxes of all things in an image (0-based) that a sound question makes one look at."""
    form, fields = form_of(question)
    images = [int(number) - 1 for number in re.findall(r"\d+", fields.get("images", ""))]
    first, second = (int(fields.get(name, 0)) - 1 for name in ("first", "second"))
    if form == "sum":
        colours = [fields[name] for name, place in (("one", first), ("other", second)) if place == image]
        return [thing["bbox"] for thing in things if thing["category"] == "sign" and thing["colour"] in colours]
    return [thing["bbox"] for thing in covered(fields["kind"], things)] if image in (*images, first, second) else []
