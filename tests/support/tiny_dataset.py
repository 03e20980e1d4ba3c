"""Writes a dataset of drawn questions in the layout of ``mifg export --format hf``, in milliseconds."""

import io
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, ImageDraw

from mifg_pipeline.export.columns import COLUMNS
from mifg_pipeline.export.features import schema_with_features

COLOURS = ("red", "green", "blue", "yellow")


def write_tiny_dataset(
    folder: Path, *, rows: int = 6, images: int = 2, side: int = 112, split: str = "train", drop: tuple[str, ...] = ()
) -> None:
    """Writes ``rows`` questions over ``images`` images each: which one shows the square of a colour.

    Args:
        folder: Of the dataset, made here.
        rows: Questions.
        images: Of each question.
        side: Pixels.
        split: The pool.
        drop: Columns to leave out.
    """
    rng = random.Random(rows * 31 + images)
    schema = schema_with_features(pa.schema([field for field in COLUMNS if field.name not in drop]))
    table = pa.Table.from_pylist([tiny_row(f"{split}-{index}", images, side, rng) for index in range(rows)], schema)
    (folder / "data").mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "data" / f"{split}-00000-of-00001.parquet")


def tiny_row(key: str, images: int, side: int, rng: random.Random) -> dict[str, Any]:
    """One question; its key is the number of the image that shows the colour."""
    colours = rng.sample(COLOURS, images)
    asked = rng.randrange(images)
    place = rng.randrange(side // 2)
    return {
        "id": key,
        "images": [{"bytes": _png(colour, place, side), "path": f"{key}-{colour}.png"} for colour in colours],
        "question": f"Which image shows the {colours[asked]} square?",
        "options": [f"Image {number}" for number in range(1, images + 1)],
        "answer": "ABCD"[asked],
        "answer_kind": "choice",
        "aliases": [],
        "evidence": [{"image": asked, "bbox": [place, place, place + side // 4, place + side // 4], "label": "square"}],
    }


def _png(colour: str, place: int, side: int) -> bytes:
    image = Image.new("RGB", (side, side), "white")
    ImageDraw.Draw(image).rectangle((place, place, place + side // 4, place + side // 4), fill=colour)
    file = io.BytesIO()
    image.save(file, "png")
    return file.getvalue()
