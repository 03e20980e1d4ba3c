"""Drafts: whatever the page keeps, for one annotator and one item."""

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.errors import MifgError
from mifg_pipeline.review.server.drafts import MAX_BYTES, Drafts

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_kept_is_read_again(tmp_path_factory: pytest.TempPathFactory, draft: object) -> None:
    folder = tmp_path_factory.mktemp("drafts")
    Drafts(folder).write("alice", "item", orjson.dumps(draft))
    assert Drafts(folder).read("alice", "item") == draft


def test_a_draft_is_nobody_elses(tmp_path: Path) -> None:
    Drafts(tmp_path).write("alice", "item", b"1")
    assert Drafts(tmp_path).read("bob", "item") is None


def test_a_dropped_draft_is_gone(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path)
    drafts.write("alice", "item", b"1")
    drafts.drop("alice", "item")
    assert drafts.read("alice", "item") is None


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'"' + b"a" * MAX_BYTES + b'"', 413),
        (b"<html>", 422),
        (b"NaN", 422),
        (b'"\\ud800"', 422),
        (b"[" * 5000 + b"]" * 5000, 422),
    ],
    ids=["too long", "html", "nan", "half a character", "deep"],
)
def test_what_is_no_draft_is_refused_and_the_one_before_stays(tmp_path: Path, content: bytes, status: int) -> None:
    drafts = Drafts(tmp_path)
    drafts.write("alice", "item", b"1")
    with pytest.raises(MifgError) as refused:
        drafts.write("alice", "item", content)
    assert (refused.value.status, drafts.read("alice", "item")) == (status, 1)
