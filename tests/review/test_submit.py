"""Submitting takes what is sound, and of every other line nothing."""

import json
import re
import tracemalloc
from datetime import UTC, datetime

import pytest

from mifg_pipeline.errors import MifgError
from mifg_pipeline.review import submit
from mifg_pipeline.review.lines import MAX_LINE_BYTES

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
QUESTION = {"decision": "edit", "edits": {"question": "Which image shows the kite?"}}


def problems(submission) -> list[str]:
    return [f"{refusal.number}: {refusal.problem}" for refusal in submission.checked.refused]


def counts(submission) -> tuple[int, int, int, int]:
    checked = submission.checked
    return submission.stored, submission.unchanged, checked.open, len(checked.refused)


def test_decisions_are_stored_as_events(made):
    lines = made.packed()
    lines[0] |= {"decision": "accept", "seconds": 12.5}
    lines[1] |= {"decision": "reject", "reasons": ["wrong-answer"], "comment": "es sind zwei – 写真"}
    lines[2] |= QUESTION
    assert counts(made.submitted(lines)) == (3, 0, 2, 0)
    events = made.events()
    assert [event.decision for event in events] == ["accept", "reject", "edit"]
    assert [event.item_id for event in events] == [line["id"] for line in lines[:3]]
    assert (events[0].seconds, events[1].comment) == (12.5, "es sind zwei – 写真")


def test_submitting_twice_changes_nothing(made):
    lines = [made.packed()[0] | {"decision": "accept"}]
    made.submitted(lines)
    before = made.run.review.joinpath("alice.jsonl").read_bytes()
    assert counts(made.submitted(lines)) == (0, 1, 0, 0)
    assert made.run.review.joinpath("alice.jsonl").read_bytes() == before


def test_a_changed_mind_counts_each_time(made):
    line = made.packed()[0]
    for decision in ("accept", "skip", "accept", "undo"):
        assert made.submitted([line | {"decision": decision}]).stored == 1
    assert len(made.events()) == 4


def test_a_file_without_decisions_leaves_no_log(made):
    assert counts(made.submitted(made.packed())) == (0, 0, 5, 0)
    assert list(made.run.review.iterdir()) == []


def test_each_line_goes_to_the_log_of_its_annotator(made):
    line = made.packed()[0] | {"decision": "accept"}
    made.submitted([line, line | {"annotator": "bob"}])
    assert len(made.events("alice")) == len(made.events("bob")) == 1


def test_a_bad_line_is_reported_with_its_number_and_the_others_are_taken(made):
    lines = [line | {"decision": "accept"} for line in made.packed()]
    lines[2]["decision"] = "perhaps"
    submission = made.submitted(lines)
    assert counts(submission) == (4, 0, 0, 1)
    assert problems(submission)[0].startswith("3: The line does not fit: decision: ")
    assert lines[2]["id"] not in {event.item_id for event in made.events()}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"decison": "accept"}, "unknown field 'decison'"),
        ({"edits": {"questoin": "?"}}, "unknown field 'edits.questoin'"),
        ({"decision": ""}, "decision: Input should be 'accept', 'reject'"),
        ({"decision": "reject"}, "needs one of the reasons, or a comment"),
        ({"decision": "flag"}, "needs one of the reasons, or a comment"),
        ({"decision": "reject", "reasons": ["dull"]}, "reasons.0: Input should be 'wrong-answer'"),
        ({"decision": "accept", "seconds": -1}, "seconds: Input should be greater than or equal to 0"),
        ({"decision": "accept", "seconds": float("inf")}, "seconds: Input should be a finite number"),
        ({"decision": "accept", "annotator": "../bob"}, "annotator: String should match pattern"),
        ({"decision": "accept", "schema_version": 2}, "schema_version: Input should be 1"),
        ({"decision": "accept", "id": "0" * 32}, "The run has no item '00000000"),
        ({"decision": "accept", "digest": "0" * 32}, "has changed since it was packed"),
        ({"decision": "accept", "question": "Why?"}, r'changed in place: question\..*"edits"'),
        ({"decision": "accept", "skills": [], "roles": []}, r"changed in place: roles, skills\."),
        ({"decision": "accept", "answer": {"kind": "choice", "value": "A"}}, r"changed in place: answer\."),
        ({"decision": "accept", "images": ["harbour.png"]}, r"changed in place: images\."),
        ({"decision": "accept", "edits": {"question": "Why?"}}, "edits count with decision 'edit' only"),
        ({"edits": {"question": "Why?"}}, "reasons, edits or a comment but no decision"),
        ({"comment": "dull"}, "reasons, edits or a comment but no decision"),
        ({"decision": "edit"}, "needs something in edits"),
        ({"decision": "edit", "edits": {"question": ""}}, "question: String should have at least 1 character"),
        ({"decision": "edit", "edits": {"answer": {"kind": "choice", "value": "D"}}}, "beyond the 2 options"),
        ({"decision": "edit", "edits": {"evidence": [{"image": 1, "bbox": [0, 0, 97, 9]}]}}, "beyond image 2"),
        ({"decision": "edit", "edits": {"evidence": [{"image": 1, "bbox": [9, 0, 9, 9]}]}}, r"is not \[x0, y0"),
        ({"decision": "edit", "edits": {"options": ["B", "A"]}}, "'B' scores 1 and should score 0"),
        ({"decision": "edit", "edits": {"options": ["Image 2", "image 2."]}}, "are the same to the scorer"),
        (
            {"decision": "edit", "edits": {"question": "Which is from Image 3?"}},
            "Image 3 named, but there are 2 images",
        ),
        (
            {"decision": "edit", "edits": {"question": "Which image\u202e?"}},
            "contains a control or invisible character",
        ),
        ({"decision": "edit", "edits": {"answer": {"kind": "number", "value": float("nan")}}}, "JSON compliant"),
    ],
)
def test_a_line_that_does_not_fit_is_refused_with_the_reason(made, change, problem):
    submission = made.submitted([made.packed()[0] | change])
    (found,) = problems(submission)
    assert re.search(problem, found)
    assert made.events() == ()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{", "1: The line is not JSON"),
        (b"\xff\xfe{\x00", "1: The line is not UTF-8"),
        (b"[" * 100_000, "1: The line is nested too deeply"),
        (b"[]", "1: The line does not fit"),
        (b'"text"', "1: The line does not fit"),
        (b"{}", "1: The line does not fit: id: Field required"),
        (b'{"id": ' + b"9" * 10_000 + b"}", "1: The line does not fit"),
        (b'{"decision": "accept", "decision": null}', "1: The line does not fit: the field 'decision' is there twice"),
        (b'{"\\u001b[31m": 1, "id": "1"}', "unknown field '?[31m'"),
    ],
)
def test_a_line_that_is_no_review_line_is_refused(made, content, problem):
    made.file.write_bytes(content)
    (found,) = problems(submit(made.run, made.file, NOW))
    assert problem in found
    assert len(found) < 1000


def test_two_lines_on_one_item_are_both_refused_and_name_each_other(made):
    first, second, *_ = made.packed()
    submission = made.submitted([first | {"decision": "accept"}, second | {"decision": "accept"}, first])
    assert counts(submission) == (1, 0, 0, 2)
    assert problems(submission) == [f"{n}: Lines 1, 3 are about the same item. Keep one of them." for n in (1, 3)]


def test_a_file_from_another_editor_is_read(made):
    lines = [json.dumps(line | {"decision": "accept"}, ensure_ascii=False) for line in made.packed()]
    content = "\ufeff" + "\r\n\r\n".join(lines) + "\r\n  \r\n"
    made.file.write_text(content, encoding="utf-8", newline="")
    assert counts(submit(made.run, made.file, NOW)) == (5, 0, 0, 0)


def test_numbers_may_be_written_as_a_script_writes_them(made):
    lines = made.packed()
    number = next(line for line in lines if line["answer"]["kind"] == "number")
    number["answer"]["value"] = 2
    assert counts(made.submitted([number | {"decision": "accept"}])) == (1, 0, 0, 0)


def test_a_moved_file_may_name_its_images_by_other_folders(made):
    line = made.packed()[0] | {"decision": "accept"}
    line["images"] = [f"/copies/{path.rsplit('/', 1)[-1]}" for path in line["images"]]
    assert made.submitted([line]).stored == 1


def test_a_huge_line_is_refused_in_bounded_memory_and_the_next_one_is_taken(made):
    line = json.dumps(made.packed()[0] | {"decision": "accept"})
    with made.file.open("wb") as file:
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b"\n" + line.encode())
    tracemalloc.start()
    submission = submit(made.run, made.file, NOW)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert counts(submission) == (1, 0, 0, 1)
    assert problems(submission)[0].startswith(f"1: The line is longer than {MAX_LINE_BYTES} bytes")
    assert peak < 20 * MAX_LINE_BYTES


@pytest.mark.parametrize("spare", [0, 1])
def test_a_line_of_exactly_the_limit_is_read(made, spare):
    line = json.dumps(made.packed()[0] | {"decision": "accept"}).encode()
    made.file.write_bytes(line.ljust(MAX_LINE_BYTES + spare))
    assert submit(made.run, made.file, NOW).stored == 1 - spare


def test_an_edit_that_makes_another_candidate_is_refused(made):
    item = made.items[0]
    twin = item.model_copy(update={"question": "Which one?"})
    twin = twin.model_copy(update={"id": twin.compute_id(), "digest": twin.compute_digest()})
    made.write_items([item, twin])
    line = made.packed()[0] | {"decision": "edit", "edits": {"question": "Which one?"}}
    assert f"the same as item {twin.id}" in problems(made.submitted([line]))[0]


def test_an_item_that_has_changed_since_is_refused_and_its_events_are_kept(made, change_evidence):
    line = made.packed(count=1)[0] | {"decision": "accept"}
    made.submitted([line])
    made.write_items([change_evidence(item) if item.id == line["id"] else item for item in made.items])
    assert "has changed since it was packed" in problems(made.submitted([line]))[0]
    assert len(made.events()) == 1


def test_a_missing_file_is_named(made, tmp_path):
    with pytest.raises(MifgError, match=r"Cannot read .*none\.jsonl"):
        submit(made.run, tmp_path / "none.jsonl", NOW)


def test_a_run_without_candidates_is_named(made):
    lines = made.packed()
    made.run.candidates_path.unlink()
    with pytest.raises(MifgError, match=r"no candidates\.jsonl yet"):
        made.submitted(lines)
