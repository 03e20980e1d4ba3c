"""The page of question forms shows every form once, with its key, and turns no text into markup."""

import runpy
from pathlib import Path

import pytest

from mifg_pipeline.items import Answer

SCRIPT = Path(__file__).parents[2] / "docs" / "forms" / "write.py"


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(SCRIPT))


@pytest.fixture
def items(make_item):
    total = make_item(options=None, answer=Answer(kind="integer", value=7), question="How many <b>*red*</b> kites?")
    return {"count-across/total": total, "find-detail/which-image": make_item()}


def test_every_form_has_its_picture_question_and_key(script, items):
    page = script["page_text"](items)
    for form in items:
        assert page.count(f"### {form}\n") == 1
        assert f"(forms/{form.replace('/', '-')}.jpg)" in page
    assert "Key: **7**" in page
    assert "- A. Image 1\n- B. Image 2\n\nKey: **Image 2**" in page


def test_text_is_no_markup(script, items):
    assert r"How many \<b\>\*red\*\</b\> kites?" in script["page_text"](items)


def test_an_item_over_photographs_with_few_images_is_preferred(script, small_run, make_item, make_image_ref):
    drawn = tuple(make_image_ref(name, attribution="mifg-pipeline") for name in ("one", "two"))
    first, second = make_item(0, images=drawn), make_item(1)
    small_run.run.candidates_path.write_text(f"{first.model_dump_json()}\n{second.model_dump_json()}\n")
    assert script["one_of_each_form"](small_run.run) == {"test-family/test-form": second}
