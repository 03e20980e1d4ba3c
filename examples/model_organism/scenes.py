"""Draws the task: scenes with a coloured card each, on which stands a digit that only a crop makes legible."""

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, ImageDraw, ImageFont

from mifg_pipeline.export.columns import COLUMNS
from mifg_pipeline.export.features import schema_with_features
from mifg_pipeline.imagent.question import Question, QuestionImage
from mifg_pipeline.items import Answer, Box, Region

COLOURS = {
    "red": (220, 40, 40),
    "green": (40, 180, 60),
    "blue": (50, 80, 220),
    "yellow": (230, 200, 40),
    "purple": (170, 60, 190),
    "cyan": (60, 200, 210),
}
SIDE, QUARTERS, DIGITS = 168, 4, 10
QUARTER = SIDE // 2
BACKGROUND, PLATE, INK = "#8c8c8c", "white", "black"
CARD, PLATE_SIDE = 72, 44
"""Pixels of a card, and of the white plate in its middle on which the digit stands."""

FONT_SIZE = 32
"""Digits are 23 pixels high: about 36 in a crop of 56 pixels a side, and 4 in a first view of 28."""

MARGIN = 24
"""From the sides of a quarter to those of the box around its digit, in pixels."""

JITTER = 4
"""Most distance of a digit from the middle of its card along each axis, in pixels."""

IMAGES = 2


@dataclass(frozen=True)
class Scene:
    """One drawn image.

    Attributes:
        colour: Of its card.
        quarter: Where the card lies, counted row by row.
        digit: On the card.
        png: The image file.
    """

    colour: str
    quarter: int
    digit: int
    png: bytes = field(repr=False)

    @property
    def box(self) -> Box:
        """Around the digit, in pixels."""
        return box_of(self.quarter)


@dataclass(frozen=True)
class Item:
    """One question of the task: which digit is on the card of a colour.

    Attributes:
        scenes: Shown together; their cards differ in colour.
        image: Which of them is asked about, counted from 0.
    """

    scenes: tuple[Scene, ...]
    image: int

    @property
    def scene(self) -> Scene:
        """The one that is asked about."""
        return self.scenes[self.image]

    def question(self, key: str) -> Question:
        """As an episode asks it."""
        return Question(
            key=key,
            images=tuple(QuestionImage.of_bytes(scene.png) for scene in self.scenes),
            text=f"Which digit is on the {self.scene.colour} card?",
            answer=Answer(kind="integer", value=self.scene.digit),
            evidence=(Region(image=self.image, bbox=self.scene.box, label="digit"),),
        )


def box_of(quarter: int) -> Box:
    """The box around the digit of a card in a quarter, in pixels of the image."""
    left, top = QUARTER * (quarter % 2) + MARGIN, QUARTER * (quarter // 2) + MARGIN
    return (left, top, left + QUARTER - 2 * MARGIN, top + QUARTER - 2 * MARGIN)


def draw_items(count: int, seed: str) -> list[Item]:
    """As many items, no two of which share a scene."""
    rng = random.Random(seed)
    return [
        Item(tuple(_draw_scene(colour, rng) for colour in rng.sample(sorted(COLOURS), IMAGES)), rng.randrange(IMAGES))
        for _ in range(count)
    ]


def write_dataset(folder: Path, splits: dict[str, Sequence[Item]]) -> None:
    """Writes items in the layout of ``mifg export --format hf``, so that ``mifg train`` reads them as any dataset."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for split, items in splits.items():
        rows = [_row(f"{split}-{index}", item) for index, item in enumerate(items)]
        table = pa.Table.from_pylist(rows, schema_with_features(COLUMNS))
        pq.write_table(table, folder / "data" / f"{split}-00000-of-00001.parquet")


def cut(scene: Scene) -> bytes:
    """The image file of what lies in the box around the digit."""
    with Image.open(io.BytesIO(scene.png)) as image:
        return _png(image.crop(scene.box))


def _row(key: str, item: Item) -> dict[str, Any]:
    question = item.question(key)
    return {
        "id": key,
        "images": [{"bytes": scene.png, "path": f"{key}-{number}.png"} for number, scene in enumerate(item.scenes, 1)],
        "question": question.text,
        "answer": str(item.scene.digit),
        "answer_kind": "integer",
        "aliases": [],
        "evidence": [{"image": item.image, "bbox": list(item.scene.box), "label": "digit"}],
    }


def _draw_scene(colour: str, rng: random.Random) -> Scene:
    quarter, digit = rng.randrange(QUARTERS), rng.randrange(DIGITS)
    image = Image.new("RGB", (SIDE, SIDE), BACKGROUND)
    draw = ImageDraw.Draw(image)
    across, down = (QUARTER * number + QUARTER // 2 for number in (quarter % 2, quarter // 2))
    for side, fill in ((CARD, COLOURS[colour]), (PLATE_SIDE, PLATE)):
        corner = (across - side // 2, down - side // 2)
        draw.rectangle((*corner, corner[0] + side - 1, corner[1] + side - 1), fill=fill)
    middle = (across + rng.randint(-JITTER, JITTER), down + rng.randint(-JITTER, JITTER))
    draw.text(middle, str(digit), font=_font(), fill=INK, anchor="mm")
    return Scene(colour, quarter, digit, _png(image))


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "png", compress_level=1)
    return file.getvalue()


@cache
def _font() -> Any:
    return ImageFont.load_default(size=FONT_SIZE)
