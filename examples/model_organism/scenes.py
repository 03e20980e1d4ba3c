"""Draws the task: scenes of four coloured quarters, each with a digit that only a crop makes legible."""

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
DARK_DIGITS = ("yellow", "cyan")
"""Colours on which a white digit would not show."""

SIDE, QUARTERS, DIGITS = 168, 4, 10
QUARTER = SIDE // 2
FONT_SIZE = 28
"""Digits are 20 pixels high: about 31 in a crop of 56 pixels a side, and 3 in a first view of 28."""

MARGIN = 24
"""From the sides of a quarter to those of the box around its digit, in pixels."""

JITTER = 4
"""Most distance of a digit from the middle of its quarter along each axis, in pixels."""

IMAGES = 2


@dataclass(frozen=True)
class Scene:
    """One drawn image.

    Attributes:
        colours: Of its quarters, row by row; all different.
        digits: On them.
        png: The image file.
    """

    colours: tuple[str, ...]
    digits: tuple[int, ...]
    png: bytes = field(repr=False)


@dataclass(frozen=True)
class Item:
    """One question of the task: which digit is on a quarter of one of the scenes.

    Attributes:
        scenes: Shown together.
        image: Which of them is asked about, counted from 0.
        quarter: Which of its quarters.
    """

    scenes: tuple[Scene, ...]
    image: int
    quarter: int

    @property
    def colour(self) -> str:
        """Of the quarter."""
        return self.scenes[self.image].colours[self.quarter]

    @property
    def digit(self) -> int:
        """The answer."""
        return self.scenes[self.image].digits[self.quarter]

    def question(self, key: str) -> Question:
        """As an episode asks it."""
        return Question(
            key=key,
            images=tuple(QuestionImage.of_bytes(scene.png) for scene in self.scenes),
            text=f"In Image {self.image + 1}, which digit is on the {self.colour} quarter?",
            answer=Answer(kind="integer", value=self.digit),
            evidence=(Region(image=self.image, bbox=box_of(self.quarter), label="digit"),),
        )


def box_of(quarter: int) -> Box:
    """The box around the digit of a quarter, in pixels of the image."""
    left, top = QUARTER * (quarter % 2) + MARGIN, QUARTER * (quarter // 2) + MARGIN
    return (left, top, left + QUARTER - 2 * MARGIN, top + QUARTER - 2 * MARGIN)


def draw_items(count: int, seed: str) -> list[Item]:
    """As many items, no two of which share a scene."""
    rng = random.Random(seed)
    return [
        Item(tuple(_draw_scene(rng) for _ in range(IMAGES)), rng.randrange(IMAGES), rng.randrange(QUARTERS))
        for _ in range(count)
    ]


def write_dataset(folder: Path, splits: dict[str, Sequence[Item]]) -> None:
    """Writes items in the layout of ``mifg export --format hf``, so that ``mifg train`` reads them as any dataset."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for split, items in splits.items():
        rows = [_row(f"{split}-{index}", item) for index, item in enumerate(items)]
        table = pa.Table.from_pylist(rows, schema_with_features(COLUMNS))
        pq.write_table(table, folder / "data" / f"{split}-00000-of-00001.parquet")


def cut(scene: Scene, quarter: int) -> bytes:
    """The image file of what lies in the box of a quarter."""
    with Image.open(io.BytesIO(scene.png)) as image:
        return _png(image.crop(box_of(quarter)))


def _row(key: str, item: Item) -> dict[str, Any]:
    question = item.question(key)
    return {
        "id": key,
        "images": [{"bytes": scene.png, "path": f"{key}-{number}.png"} for number, scene in enumerate(item.scenes, 1)],
        "question": question.text,
        "answer": str(item.digit),
        "answer_kind": "integer",
        "aliases": [],
        "evidence": [{"image": item.image, "bbox": list(box_of(item.quarter)), "label": "digit"}],
    }


def _draw_scene(rng: random.Random) -> Scene:
    colours = tuple(rng.sample(sorted(COLOURS), QUARTERS))
    digits = tuple(rng.randrange(DIGITS) for _ in range(QUARTERS))
    image = Image.new("RGB", (SIDE, SIDE))
    draw = ImageDraw.Draw(image)
    for quarter, (colour, digit) in enumerate(zip(colours, digits, strict=True)):
        left, top = QUARTER * (quarter % 2), QUARTER * (quarter // 2)
        draw.rectangle((left, top, left + QUARTER - 1, top + QUARTER - 1), fill=COLOURS[colour])
        across, down = (start + QUARTER // 2 + rng.randint(-JITTER, JITTER) for start in (left, top))
        ink = "black" if colour in DARK_DIGITS else "white"
        draw.text((across, down), str(digit), font=_font(), fill=ink, anchor="mm")
    return Scene(colours, digits, _png(image))


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "png", compress_level=1)
    return file.getvalue()


@cache
def _font() -> Any:
    return ImageFont.load_default(size=FONT_SIZE)
