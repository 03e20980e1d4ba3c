"""Items go to Label Studio and decisions come back as they were made there."""

import json
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from mifg_pipeline.cli.label_studio import app
from mifg_pipeline.items import Answer, Region
from mifg_pipeline.review.label_studio import labeling_config, percent_box, pixel_box, review_lines, task_of
from mifg_pipeline.review.lines import Refusal
from mifg_pipeline.store import Edits, Judgement
from mifg_pipeline.store.new_events import Past

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SIDES = st.integers(1, 20_000)


@st.composite
def boxes(draw):
    width, height = draw(SIDES), draw(SIDES)
    x0, y0 = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return (x0, y0, draw(st.integers(x0 + 1, width)), draw(st.integers(y0 + 1, height))), width, height


@given(boxes())
def test_a_box_comes_back_to_the_pixel(drawn):
    box, width, height = drawn
    assert pixel_box(percent_box(Region(image=0, bbox=box), width, height), width, height) == box


def test_a_box_is_in_percent_of_its_image():
    found = percent_box(Region(image=0, bbox=(10, 40, 30, 80)), 200, 400)
    assert found == {"x": 5.0, "y": 10.0, "width": 10.0, "height": 10.0}


def test_a_box_drawn_over_the_edge_ends_there():
    assert pixel_box({"x": -1, "y": 50, "width": 200, "height": 51}, 100, 100) == (0, 50, 100, 100)


def exported(item, *judged: tuple[str, dict]) -> dict:
    events = [
        Past("alice").event(Judgement(item_id=item.id, item_digest=item.digest, decision=decision, **fields), NOW)
        for decision, fields in judged
    ]
    return task_of(item, [f"/data/{number}.jpg" for number in range(len(item.images))], events)


def came_back(item, task: dict):
    (line,) = review_lines([task], {item.id: item})
    return line


@pytest.mark.parametrize(
    ("decision", "fields"),
    [
        ("accept", {"seconds": 3.5, "comment": "fine – schön"}),
        ("reject", {"reasons": ("ambiguous", "too-easy")}),
        ("flag", {"comment": "who knows"}),
        ("skip", {}),
        ("edit", {"edits": Edits(question="Which image shows the kite?")}),
        ("edit", {"edits": Edits(answer=Answer(kind="choice", value="A"))}),
        ("edit", {"edits": Edits(answer=Answer(kind="integer", value=7))}),
        ("edit", {"edits": Edits(options=("neither", "both"))}),
        ("edit", {"edits": Edits(evidence=(Region(image=0, bbox=(1, 2, 3, 4), label="a kite"),))}),
    ],
)
def test_a_decision_that_went_there_comes_back(make_item, decision, fields):
    item = make_item()
    line = came_back(item, exported(item, (decision, fields)))
    judged = Judgement(item_id=item.id, item_digest=item.digest, decision=decision, **fields)
    assert line.judgement() == judged
    assert line.annotator == "alice"
    assert line.changed_fields(item) == []


def test_the_evidence_is_a_prediction_on_its_image(make_item):
    item = make_item()
    (prediction,) = exported(item)["predictions"]
    (result,) = prediction["result"]
    assert (result["item_index"], result["original_width"], result["original_height"]) == (1, 1000, 800)
    assert prediction["model_version"] == item.provenance.writer


def test_every_result_names_a_control_of_the_configuration(make_item):
    item = make_item()
    controls = {tag.get("name"): tag.tag.lower() for tag in ElementTree.fromstring(labeling_config()).iter()}
    fields = {"comment": "hm", "edits": Edits(question="Where?", options=("1", "2"))}
    task = exported(item, ("edit", fields), ("reject", {"reasons": ("ambiguous",)}))
    for annotation in task["annotations"]:
        assert {(r["from_name"], r["type"]) for r in annotation["result"]} <= set(controls.items())
    assert {r["to_name"] for annotation in task["annotations"] for r in annotation["result"]} == {"images"}


def annotated(item, *results: dict, **fields) -> dict:
    return exported(item) | {"annotations": [{"result": list(results), **fields}]}


def choice(value: str) -> dict:
    return {"from_name": "decision", "to_name": "images", "type": "choices", "value": {"choices": [value]}}


def note(name: str, text: str) -> dict:
    return {"from_name": name, "to_name": "images", "type": "textarea", "value": {"text": [text]}}


def test_the_account_names_the_annotator_who_gave_no_name(make_item):
    item = make_item()
    by_mail = annotated(item, choice("accept"), completed_by={"id": 3, "email": "bo b@example.org"})
    assert came_back(item, by_mail).annotator == "bo-b"
    assert came_back(item, annotated(item, choice("accept"), completed_by=3)).annotator == "user-3"


def test_an_answer_is_read_in_words_of_its_kind(make_item):
    item = make_item()
    line = came_back(item, annotated(item, choice("edit"), note("new_answer", "Image 1"), completed_by=1))
    assert line.edits == Edits(answer=Answer(kind="choice", value="A"))


@pytest.mark.parametrize(
    ("results", "problem"),
    [
        ((), "has no decision"),
        ((choice("accept"), note("new_question", "Why?")), "is accepted but was changed"),
        ((choice("edit"), note("new_answer", "Q")), "is not a value of an answer of kind 'choice'"),
        ((choice("accept"), note("reviewer", "../x")), "annotator: String should match pattern"),
        (({"type": "choices"},), "not one of Label Studio's"),
    ],
)
def test_an_annotation_that_makes_no_decision_is_refused_with_the_number_of_its_task(make_item, results, problem):
    item = make_item()
    fine = annotated(item, choice("accept"), completed_by=1)
    _, refused = review_lines([fine, annotated(item, *results, completed_by=1)], {item.id: item})
    assert isinstance(refused, Refusal)
    assert refused.number == 2
    assert problem in refused.problem


@pytest.mark.parametrize("task", [{}, [], None, {"data": {"item_id": "0"}}, {"data": {}}])
def test_a_task_of_another_project_is_refused(make_item, task):
    (refused,) = review_lines([task], {make_item().id: make_item()})
    assert isinstance(refused, Refusal)


def test_what_was_exported_is_imported_and_submitting_it_changes_nothing(made):
    line = made.packed()[0] | {"decision": "edit", "edits": {"question": "Which image shows the kite?"}}
    made.submitted([line])
    tasks, back = made.file.with_name("tasks.json"), made.file.with_name("back.jsonl")
    assert CliRunner().invoke(app, ["export", str(made.run.root), "--out", str(tasks)]).exit_code == 0
    first = json.loads(tasks.read_text(encoding="utf-8"))[0]["data"]["images"][0]
    assert (tasks.parent / first.removeprefix("/data/local-files/?d=")).is_file()
    result = CliRunner().invoke(app, ["import", str(made.run.root), str(tasks), "--out", str(back)])
    assert result.stdout == f"Wrote 1 decisions into {back}, 0 refused; submit it next.\n"
    assert made.submitted(back.read_text(encoding="utf-8").splitlines()).unchanged == 1
