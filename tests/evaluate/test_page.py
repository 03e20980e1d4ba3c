"""The table and the page of an evaluation."""

from xml.etree import ElementTree

import pytest
from asked_model import has_tools, run_against

from mifg_pipeline.evaluate.outcomes import read_outcomes
from mifg_pipeline.evaluate.page import chosen_examples, evaluation_page, intervals_svg
from mifg_pipeline.evaluate.run import EvaluationFolder, Extent
from mifg_pipeline.evaluate.tables import as_markdown

LOOK = (
    '<tool_call>{"name": "visual_confirmation", "arguments": {"image": 1, "bbox_2d": [100, 100, 300, 300]}}</tool_call>'
)


def tells(request):
    if not has_tools(request):
        return "<script>alert(1)</script> no idea"
    return LOOK if len(request["messages"]) == 2 else "<answer>A</answer>"


@pytest.fixture(scope="module")
def evaluated(vstar, tmp_path_factory):
    folder = EvaluationFolder(tmp_path_factory.mktemp("out"))
    return run_against(tells, vstar, folder.root, Extent("both", 1, False)).evaluated, read_outcomes(folder.outcomes)


@pytest.fixture(scope="module")
def page(vstar, evaluated):
    found, outcomes = evaluated
    return evaluation_page(found.evaluation, vstar, found.episodes, outcomes)


def test_the_markdown_table_has_a_column_for_each_mode(evaluated):
    table = as_markdown(evaluated[0].evaluation).splitlines()
    assert table[2] == "|  | without tools | with tools | answers |"
    assert table[4] == "| right answers | 0.0 [0.0, 0.0] | 100.0 [100.0, 100.0] | 8 |"


def test_every_row_of_a_markdown_table_has_as_many_cells_as_its_heading(evaluated):
    blocks = as_markdown(evaluated[0].evaluation).split("\n\n")
    tables = [block.splitlines() for block in blocks if block.startswith("|")]
    assert all(len({line.count("|") for line in table}) == 1 for table in tables)


def test_examples_are_those_that_the_tools_decided(evaluated):
    kinds = [kind for kind, _ in chosen_examples(evaluated[1])]
    assert kinds == ["right with tools alone"] * 6  # three items, in both modes


def test_what_a_model_wrote_cannot_run_in_the_page(page):
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_page_shows_what_was_looked_at(page):
    assert "visual_confirmation: image 1, [" in page


def test_a_bar_is_as_long_as_its_share(evaluated):
    accuracy = {mode: figures.accuracy for mode, figures in evaluated[0].evaluation.modes.items()}
    bars = ElementTree.fromstring(intervals_svg([("all", accuracy)], "Right answers")).findall("rect")
    assert [float(bar.get("width")) for bar in bars[2:]] == [0.0, 470.0]
