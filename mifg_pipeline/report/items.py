"""Items as HTML: pictures inline, evidence boxes on top, so that a page is one file."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from mifg_pipeline.corpus import RunImages, load_upright
from mifg_pipeline.items import ImageRef, Item, Region

THUMBNAIL_SIDE = 520
"""Longest side of a picture on a page, pixels."""


@dataclass(frozen=True)
class BoxView:
    """An evidence box, in percent of the picture."""

    left: float
    top: float
    width: float
    height: float
    label: str


@dataclass(frozen=True)
class ImageView:
    """A picture with its evidence boxes."""

    data_uri: str
    role: str
    width: int
    height: int
    boxes: tuple[BoxView, ...]


@dataclass(frozen=True)
class ItemView:
    """What the template shows of an item."""

    id: str
    writer: str
    difficulty: str
    pool: str
    people_first: bool
    images: tuple[ImageView, ...]
    question: str
    options: tuple[str, ...] | None
    answer: str


def item_view(item: Item, images: RunImages) -> ItemView:
    """Renders the pictures of an item."""
    return ItemView(
        id=item.id,
        writer=item.provenance.writer,
        difficulty=item.difficulty,
        pool=item.pool,
        people_first=item.verdict.people_first,
        images=tuple(
            ImageView(
                data_uri=_data_uri(images.path_of(image)),
                role=role,
                width=image.width,
                height=image.height,
                boxes=tuple(_box_view(region, image) for region in item.evidence if region.image == index),
            )
            for index, (image, role) in enumerate(zip(item.images, item.roles, strict=True))
        ),
        question=item.question,
        options=item.options,
        answer=item.answer_text(),
    )


def items_page(title: str, items: Iterable[Item], images: RunImages) -> str:
    """A page of items."""
    return templates().get_template("items.html.j2").render(title=title, items=[item_view(i, images) for i in items])


@cache
def templates() -> Environment:
    """The page templates; all text is escaped."""
    return Environment(
        loader=PackageLoader("mifg_pipeline.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _box_view(region: Region, image: ImageRef) -> BoxView:
    x0, y0, x1, y1 = region.bbox
    across, down = 100 / image.width, 100 / image.height
    return BoxView(
        left=round(x0 * across, 3),
        top=round(y0 * down, 3),
        width=round((x1 - x0) * across, 3),
        height=round((y1 - y0) * down, 3),
        label=region.label,
    )


def _data_uri(path: Path) -> str:
    picture = Image.fromarray(load_upright(path))
    picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
