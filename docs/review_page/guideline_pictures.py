"""Draws the pictures of the annotators' guideline from the shipped corpus: good items, and the same with faults.

python docs/review_page/guideline_pictures.py
"""

import json
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "mifg_pipeline" / "review" / "page"
TALL = 300
GAP = 10
CAPTION = 26
QUALITY = 82
MARK = (214, 0, 108)

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Shown:
    """One image of an item, as a picture shows it.

    Attributes:
        path: Below ``data/``.
        boxes: Evidence, ``(x0, y0, x1, y1)`` in pixels of the image.
        part: What of the image is shown; all of it unless given.
        blur: Radius in pixels, 0 for none.
    """

    path: str
    boxes: tuple[Box, ...] = ()
    part: Box | None = None
    blur: float = 0.0


def sign(scene: int, text: str) -> Box:
    """Where a sign with this text stands in a drawn scene."""
    return next(box for box, (_, _, written) in _objects(scene) if written == text)


def shapes(scene: int, colour: str, category: str) -> tuple[Box, ...]:
    """Where all shapes of a colour stand in a drawn scene."""
    return tuple(box for box, (shade, kind, _) in _objects(scene) if (shade, kind) == (colour, category))


def _objects(scene: int) -> list[tuple[Box, tuple[str, str, str | None]]]:
    lines = (ROOT / "data" / "scenes" / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    objects = json.loads(lines[scene])["objects"]
    boxes = [(x, y, x + width, y + height) for x, y, width, height in objects["bbox"]]
    colours = [attributes["colour"] for attributes in objects["attributes"]]
    return list(zip(boxes, zip(colours, objects["category"], objects["text"], strict=True), strict=True))


def scene(number: int, *boxes: Box, **how: object) -> Shown:
    """A drawn scene with evidence."""
    return Shown(f"scenes/scene-{number:06}.jpg", boxes, **how)  # type: ignore[arg-type]


def pictures() -> dict[str, tuple[Shown, ...]]:
    """The pictures by name: the images of each item."""
    first, second = sign(2, "453"), sign(5, "76")
    head = (812, 255, 976, 419)
    return {
        "sum": (scene(2, first), scene(5, second)),
        "detail": (Shown("photos/osprey.jpg", (head,)), Shown("photos/osprey.jpg", part=head)),
        "ambiguous": (scene(9, *shapes(9, "red", "ring")), scene(3)),
        "not-visible": (scene(2, part=_around(first, 70), blur=7), scene(5, second)),
        "wrong-evidence": (scene(2, sign(2, "509")), scene(5, second)),
        "image-not-needed": (scene(8, sign(8, "374")), Shown("photos/dandelions.jpg")),
        "too-easy": (scene(5, part=_around(second, 25)), scene(2, part=_around(first, 25))),
        "bad-image": (scene(9, blur=12), scene(8, *shapes(8, "yellow", "star"))),
    }


def _around(box: Box, margin: int) -> Box:
    x0, y0, x1, y1 = box
    return (x0 - margin, y0 - margin, x1 + margin, y1 + margin)


def drawn(item: tuple[Shown, ...]) -> Image.Image:
    """The images of an item side by side, each under its number."""
    panels = [_panel(shown) for shown in item]
    width = sum(panel.width for panel in panels) + GAP * (len(panels) - 1)
    sheet = Image.new("RGB", (width, TALL + CAPTION), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(17)
    left = 0
    for number, panel in enumerate(panels, start=1):
        draw.text((left + 1, 2), f"Image {number}", fill=(60, 62, 70), font=font)
        sheet.paste(panel, (left, CAPTION))
        left += panel.width + GAP
    return sheet


def _panel(shown: Shown) -> Image.Image:
    image = Image.open(ROOT / "data" / shown.path).convert("RGB")
    if shown.blur:
        image = image.filter(ImageFilter.GaussianBlur(shown.blur))
    if shown.part:
        image = image.crop(shown.part)
    scale = TALL / image.height
    panel = image.resize((round(image.width * scale), TALL), Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(panel)
    for box in shown.boxes:
        corners = [round(scale * corner) for corner in _around(box, 4)]
        draw.rectangle(_around(tuple(corners), 2), outline="white", width=5)  # type: ignore[arg-type]
        draw.rectangle(corners, outline=MARK, width=3)
    return panel


def main() -> None:
    """Writes ``guideline-NAME.jpg`` beside the page."""
    for name, item in pictures().items():
        drawn(item).save(PAGE / f"guideline-{name}.jpg", quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main()
