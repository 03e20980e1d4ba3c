"""Writes docs/forms.md: one real item of every question form, from a finished run. Needs Chromium.

python docs/forms/write.py RUN
"""

import re
import runpy
import sys
from itertools import groupby
from pathlib import Path

from mifg_pipeline.corpus import RunImages
from mifg_pipeline.items import OPTION_LETTERS, Item
from mifg_pipeline.report import items_page
from mifg_pipeline.store import RunFolder

FOLDER = Path(__file__).parent
PAGE = FOLDER.with_suffix(".md")
MOST_IMAGES = 4
"""Items with more images make small pictures; they are shown where a form has no other."""
SMALL_PICTURES = "<style>.picture img { max-height: 12rem; }</style>"

photograph = runpy.run_path(str(FOLDER.parent / "photograph.py"))["photograph"]


def one_of_each_form(run: RunFolder) -> dict[str, Item]:
    """Form to its first item over photographs with few images, or with few images, or else to its first."""
    ranked: dict[str, tuple[int, Item]] = {}
    for item in run.candidates():
        is_drawn = any(image.attribution == "mifg-pipeline" for image in item.images)
        rank = 2 * (len(item.images) > MOST_IMAGES) + is_drawn
        form = item.provenance.writer
        if form not in ranked or rank < ranked[form][0]:
            ranked[form] = (rank, item)
    return {form: item for form, (_, item) in sorted(ranked.items())}


def pictures_alone(page: str) -> str:
    """A page of one item without what is said of it in words."""
    head = page[: page.index("<h1>")]
    return head + SMALL_PICTURES + page[page.index('<div class="images">') : page.index('<p class="question">')]


def markdown(text: str) -> str:
    """Text in which nothing is markup."""
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", text)


def entry(form: str, item: Item) -> str:
    """What the page says of a form."""
    picture = f"![The images of the item]({FOLDER.name}/{file_name(form)})"
    return "\n\n".join([f"### {form}", picture, f"**{markdown(item.question)}**", answer_lines(item)])


def answer_lines(item: Item) -> str:
    """The options, if any, and the key."""
    key = f"Key: **{markdown(item.answer_text())}**"
    if item.options is None:
        return key
    options = "\n".join(
        f"- {letter}. {markdown(text)}" for letter, text in zip(OPTION_LETTERS, item.options, strict=False)
    )
    return f"{options}\n\n{key}"


def file_name(form: str) -> str:
    """The picture of a form."""
    return f"{form.replace('/', '-')}.jpg"


def page_text(items: dict[str, Item]) -> str:
    """The whole page."""
    parts = [
        "# Question forms",
        f"One item of each of the {len(items)} question forms, as a run made it. Boxes mark the evidence. "
        "`make forms` wrote this page.",
    ]
    for family, forms in groupby(items.items(), key=lambda pair: pair[0].partition("/")[0]):
        parts += [f"## {family}", *(entry(form, item) for form, item in forms)]
    return "\n\n".join(parts) + "\n"


def main(run_root: Path) -> None:
    """Writes the page and one picture per form."""
    run = RunFolder.open(run_root)
    images = RunImages.open(run)
    items = one_of_each_form(run)
    for old in FOLDER.glob("*.jpg"):
        old.unlink()
    for form, item in items.items():
        page = pictures_alone(items_page(form, [item], images))
        photograph(page, FOLDER / file_name(form), width=920, height=1400, quality=70)
    PAGE.write_text(page_text(items), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
