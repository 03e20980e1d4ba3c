"""The preview: items with their images in the terminal, and an HTML page."""

from pathlib import Path

from PIL import Image
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from rich_pixels import Pixels

from mifg_pipeline.corpus import Corpus, RunImages
from mifg_pipeline.corpus.pixels import load_upright
from mifg_pipeline.items import OPTION_LETTERS, Item
from mifg_pipeline.report import items_page
from mifg_pipeline.store import Ledger, RunFolder

TERMINAL_SIDE = 36
"""Longest side of a picture in the terminal, in character columns."""


def show_items(run: RunFolder, corpus: Corpus, console: Console) -> None:
    """Prints all items of a run folder and writes ``preview.html`` into it."""
    images = RunImages(run, corpus)
    with Ledger(run.ledger_path, read_only=True) as ledger:
        items = list(ledger.items())
    for item in items:
        pictures = [_picture(images.path_of(image), f"Image {n}") for n, image in enumerate(item.images, start=1)]
        per_row = max(1, (console.width - 4) // (TERMINAL_SIDE + 1))
        console.print(Panel(Group(_rows(pictures, per_row), _words(item)), title=item.provenance.writer))
    page = run.root / "preview.html"
    page.write_text(items_page("Preview", items, images), encoding="utf-8")
    console.print(f"{len(items)} items; with boxes and full colours: {page}", highlight=False, soft_wrap=True)


def _rows(pictures: list[Group], per_row: int) -> Table:
    grid = Table.grid(padding=(0, 1, 0, 0))
    for start in range(0, len(pictures), per_row):
        grid.add_row(*pictures[start : start + per_row])
    return grid


def _picture(path: Path, caption: str) -> Group:
    image = Image.fromarray(load_upright(path))
    image.thumbnail((TERMINAL_SIDE, TERMINAL_SIDE))
    return Group(Text(caption, style="dim"), Pixels.from_image(image))


def _words(item: Item) -> Text:
    lines = [item.question]
    if item.options is not None:
        lines += [f"{letter}. {option}" for letter, option in zip(OPTION_LETTERS, item.options, strict=False)]
    lines.append(f"Key: {item.answer_text()}   ({item.difficulty}, {item.pool})")
    return Text("\n".join(lines))
