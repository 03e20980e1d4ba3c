"""Records: what they refuse, and what their digests cover."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mifg_pipeline.items import Answer, Item, Region, canonical_json, content_digest


@pytest.mark.parametrize("box", [(5, 0, 5, 10), (0, 9, 5, 3), (-1, 0, 5, 5), (0, 0, 5, float("nan")), (0, 0, 5.5, 6)])
def test_a_box_without_area_or_of_odd_numbers_is_refused(box):
    with pytest.raises(ValidationError):
        Region(image=0, bbox=box)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("choice", "b"),
        ("choice", "AB"),
        ("integer", 1.5),
        ("integer", True),
        ("number", "3"),
        ("boolean", 1),
        ("text", " "),
        ("list", ()),
        ("list", "ab"),
    ],
)
def test_a_value_of_another_kind_is_refused(kind, value):
    with pytest.raises(ValidationError):
        Answer(kind=kind, value=value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("choice", "B"), ("integer", 7), ("number", 1.5), ("boolean", False), ("text", "kite"), ("list", ("1", "3"))],
)
def test_an_answer_survives_json_with_its_type(kind, value):
    answer = Answer(kind=kind, value=value)
    back = Answer.model_validate_json(answer.model_dump_json())
    assert back == answer
    assert type(back.value) is type(value)


def test_an_item_survives_json(make_item):
    item = make_item()
    assert Item.model_validate_json(item.model_dump_json()) == item


def test_an_edited_line_does_not_pass_for_the_item(make_item):
    text = make_item().model_dump_json().replace("red kite", "red lion")
    with pytest.raises(ValidationError, match="is not the digest"):
        Item.model_validate_json(text)


def test_moved_evidence_changes_the_digest_but_not_the_id(make_item):
    item, moved = make_item(), make_item(evidence=(Region(image=1, bbox=(0, 0, 50, 50)),))
    assert item.id == moved.id
    assert item.digest != moved.digest


@pytest.mark.parametrize(
    "change",
    [
        {"roles": ("evidence",)},
        {"evidence": (Region(image=2, bbox=(0, 0, 9, 9)),)},
        {"options": None},
        {"answer": Answer(kind="choice", value="C")},
        {"evidence": ()},
    ],
)
def test_a_draft_whose_parts_do_not_fit_is_refused(make_draft, change):
    with pytest.raises(ValidationError):
        make_draft(**change)


def test_the_key_is_said_in_words(make_draft):
    assert make_draft().answer_text() == "Image 2"
    assert make_draft(options=None, answer=Answer(kind="boolean", value=True)).answer_text() == "yes"
    assert make_draft(options=None, answer=Answer(kind="list", value=("1", "3"))).answer_text() == "1, 3"


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_canonical_json_does_not_depend_on_the_order_of_keys(mapping):
    turned = dict(reversed(mapping.items()))
    assert canonical_json(mapping) == canonical_json(turned)
    assert content_digest(mapping) == content_digest(turned)
