"""What ``docs/review.md`` shows is what the program reads and writes."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from mifg_pipeline.review import ReviewLine
from mifg_pipeline.store.review_records import Decision, Reason

PAGE = (Path(__file__).parents[2] / "docs" / "review.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[1]


def test_the_example_is_an_open_review_line():
    line = ReviewLine.model_validate_json(block("json"))
    assert list(json.loads(block("json"))) == list(ReviewLine.model_fields)
    assert not line.is_filled_in


@pytest.mark.parametrize("decision", get_args(Decision))
def test_every_decision_is_explained(decision):
    assert f'| `"{decision}"` |' in PAGE


@pytest.mark.parametrize("reason", get_args(Reason))
def test_every_reason_is_named(reason):
    assert f"`{reason}`" in PAGE


def test_the_script_fills_in_a_file_that_can_be_submitted(made, monkeypatch):
    monkeypatch.chdir(made.file.parent)
    made.write_items([made.items[0].model_copy(update={"difficulty": "glance"}), *made.items[1:]])
    packed = made.packed()
    exec(compile(block("python"), "docs/review.md", "exec"), {})
    filled_in = made.file.read_text(encoding="utf-8").splitlines()
    assert made.submitted(filled_in).stored == 1
    assert len(filled_in) == len(packed)
