"""docs/review_page.md shows every picture that there is of the page, and the guideline every reason."""

import re
import runpy
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image

from mifg_pipeline.store.review_records import Reason

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "review_page.md").read_text(encoding="utf-8")
PICTURES = sorted((DOCS / "review_page").glob("*.jpg"))
PAGE = DOCS.parent / "mifg_pipeline" / "review" / "page"
MOST_BYTES = 150_000


def test_every_picture_is_shown_once():
    assert sorted(re.findall(r"\(review_page/([\w-]+\.jpg)\)", TEXT)) == [picture.name for picture in PICTURES]


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.stem)
def test_a_picture_is_the_laptop_screen_and_not_heavy(picture):
    assert picture.stat().st_size < MOST_BYTES
    assert Image.open(picture).size == (1280, 720)


def test_the_pictures_of_the_guideline_are_those_that_its_script_draws():
    script = runpy.run_path(str(DOCS / "review_page" / "guideline_pictures.py"))
    shown = set(re.findall(r"static/guideline-([\w-]+)\.jpg", (PAGE / "guideline.html").read_text(encoding="utf-8")))
    drawn = {path.stem.removeprefix("guideline-") for path in PAGE.glob("guideline-*.jpg")}
    assert shown == drawn == set(script["pictures"]())


def test_the_guideline_explains_the_reasons_in_the_order_of_their_keys():
    html = (PAGE / "guideline.html").read_text(encoding="utf-8")
    assert re.findall(r"<h3><kbd>\d</kbd> ([a-z ]+)</h3>", html) == [
        name.replace("-", " ") for name in get_args(Reason)
    ]
