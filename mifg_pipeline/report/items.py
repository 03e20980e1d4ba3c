"""Items as HTML: pictures inline, evidence boxes on top, so that a page is one file."""

from collections.abc import Iterable
from dataclasses import dataclass

from mifg_pipeline.corpus import RunImages
from mifg_pipeline.items import ImageRef, Item, Region
from mifg_pipeline.report.page import templates
from mifg_pipeline.report.thumbnail import Thumbnail, thumbnail

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

    thumbnail: Thumbnail
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
                thumbnail=thumbnail(images.path_of(image), THUMBNAIL_SIDE),
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
