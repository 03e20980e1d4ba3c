"""What ``docs/training_loss.md`` shows is what the trainer does."""

import re
import textwrap
from pathlib import Path

import pytest

from mifg_pipeline.config.train import AdvantageSettings, LossSettings, MaskSettings, RewardSettings
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.train.masks import trajectory_masks

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "training_loss.md").read_text(encoding="utf-8")
EXCERPT = re.compile(r"<!-- code: (?P<path>\S+) -->\n```python\n(?P<code>.*?)```", re.DOTALL)
EXCERPTS = [(excerpt["path"], excerpt["code"]) for excerpt in EXCERPT.finditer(PAGE)]
CHOSEN = {
    "in the loss": {"`no_answer: mask`": {"no_answer": "mask"}, "`trajectory: true`": {"trajectory": True}},
    "in the baseline": {"`no_answer: mask`": {"no_answer": "mask"}, "`baseline: finished`": {"baseline": "finished"}},
}
"""The settings that the table of end reasons names, by column."""


def end_table() -> dict[EndReason, tuple[str, str]]:
    """The cells of each end reason: in the loss, in the baseline."""
    section = PAGE.partition("| end | in the loss | in the baseline |\n")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines()[1:]]
    return {EndReason(name): (loss, base) for names, loss, base in rows for name in re.findall(r"`(\w+)`", names)}


def test_every_python_block_is_marked_with_its_file():
    assert len(EXCERPTS) == PAGE.count("```python") > 5


@pytest.mark.parametrize(("path", "code"), EXCERPTS, ids=range(len(EXCERPTS)))
def test_the_code_is_that_of_the_file(path, code):
    source = (ROOT / path).read_text(encoding="utf-8")
    assert any(textwrap.indent(code, " " * depth) in source for depth in (0, 4, 8)), f"not in {path}:\n{code}"


def test_the_table_has_every_end_reason():
    assert end_table().keys() == set(EndReason)


@pytest.mark.parametrize("end", EndReason)
@pytest.mark.parametrize("column", [0, 1])
def test_the_table_of_end_reasons_is_what_the_masks_do(end, column):
    default, *exceptions = (part.strip() for part in end_table()[end][column].split(";"))
    assert default.startswith("yes") == bool(trajectory_masks([end], MaskSettings())[column])
    for exception in exceptions:
        named, _, verdict = exception.rpartition(": ")
        settings = CHOSEN["in the baseline" if column else "in the loss"][named]
        assert (verdict == "yes") == bool(trajectory_masks([end], MaskSettings(**settings))[column])


@pytest.mark.parametrize(
    "setting",
    [
        name
        for section in (MaskSettings, AdvantageSettings, LossSettings, RewardSettings)
        for name in section.model_fields
    ],
)
def test_every_setting_is_explained(setting):
    assert re.search(rf"\b{setting}\b", PAGE)
