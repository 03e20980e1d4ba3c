"""Label Studio's own package reads our tasks: nothing is wrong with them, and its boxes are ours."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mifg_pipeline.items import Region
from mifg_pipeline.review.label_studio import labeling_config, task_of
from mifg_pipeline.store import Edits, Judgement
from mifg_pipeline.store.new_events import Past

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-label-studio" / "bin" / "python"
"""`make test-peers` makes it."""

SCRIPT = ROOT / "tests" / "support" / "label_studio_converter.py"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
EVIDENCE = (Region(image=0, bbox=(1, 2, 334, 77), label="kite"), Region(image=1, bbox=(0, 0, 1000, 800)))

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(make_item, tmp_path_factory) -> dict:
    """What the package makes of an item that alice rejected and bob edited."""
    folder, item = tmp_path_factory.mktemp("label_studio"), make_item()
    fields = {"item_id": item.id, "item_digest": item.digest, "seconds": 7.5}
    judged = {
        "alice": Judgement(**fields, decision="reject", reasons=("ambiguous", "too-easy"), comment="two kites"),
        "bob": Judgement(**fields, decision="edit", edits=Edits(question="Where is it?", evidence=EVIDENCE)),
    }
    events = [Past(name).event(judgement, NOW) for name, judgement in judged.items()]
    tasks, config = folder / "tasks.json", folder / "config.xml"
    tasks.write_text(json.dumps([task_of(item, ["/data/1.jpg", "/data/2.jpg"], events)]), encoding="utf-8")
    config.write_text(labeling_config(), encoding="utf-8")
    command = [PYTHON, SCRIPT, tasks, config, folder]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_nothing_is_wrong_with_tasks_predictions_and_annotations(found):
    assert found["problems"] == []


def test_the_converter_keeps_what_names_the_item(found):
    assert len({(line["item_id"], line["item_digest"]) for line in found["min"]}) == 1


def test_the_converter_finds_the_decisions(found):
    decisions = {line["reviewer"]: (line["decision"], line.get("reasons")) for line in found["min"]}
    assert decisions == {"alice": ("reject", {"choices": ["ambiguous", "too-easy"]}), "bob": ("edit", None)}


def test_the_converter_gives_the_boxes_in_pixels(found):
    corners = [[x, y, x + width, y + height] for x, y, width, height in found["boxes"]]
    expected = [[100, 100, 140, 140], *(list(region.bbox) for region in EVIDENCE)]
    assert sorted(corners) == [pytest.approx(box) for box in sorted(expected)]
