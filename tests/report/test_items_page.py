"""A page of items is one file, and text from outside cannot become markup."""

import pytest
from PIL import Image

from mifg_pipeline.corpus import Corpus, RunImages
from mifg_pipeline.corpus.index_file import IndexSettings
from mifg_pipeline.items import Region
from mifg_pipeline.report import items_page
from mifg_pipeline.store import RunFolder


@pytest.fixture
def images(tmp_path, make_image_ref):
    """The images of the items that ``make_item`` makes, as the images of a run."""
    for name in ("first", "second"):
        Image.new("RGB", (100, 80)).save(tmp_path / make_image_ref(name).path)
    settings = IndexSettings()
    return RunImages(RunFolder(tmp_path), Corpus(tmp_path, settings, images=(), rejects=(), problems=()))


def test_hostile_text_is_escaped(images, make_item):
    page = items_page("<b>t</b>", [make_item(question='Is "<script>alert(1)</script>" here?')], images)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "<b>" not in page


def test_boxes_are_in_percent_of_the_picture(images, make_item):
    page = items_page("t", [make_item(evidence=(Region(image=1, bbox=(100, 200, 350, 600)),))], images)
    assert "left:10.0%;top:25.0%;width:25.0%;height:50.0%" in page


def test_the_key_is_marked_among_the_options(images, make_item):
    page = items_page("t", [make_item()], images)
    assert '<li class="key">Image 2</li>' in page
    assert "<li>Image 1</li>" in page
