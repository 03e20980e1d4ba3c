"""A review file holds what the annotator has yet to decide, and shows it as it is."""

import shutil
from pathlib import Path

import pytest

from mifg_pipeline.corpus import index_corpus
from mifg_pipeline.errors import MifgError
from mifg_pipeline.review import Packed, ReviewLine, pack
from mifg_pipeline.review.records import FILL_IN


def decide(made, *decisions: str | None, reasons: tuple[str, ...] = ("ambiguous",)):
    """Packs everything and submits these decisions on the first lines."""
    lines = made.packed(overwrite=True)
    for line, decision in zip(lines, decisions, strict=False):
        line.update(decision=decision, reasons=reasons if decision in ("reject", "flag") else ())
    assert not made.submitted(lines).checked.refused
    return lines


def test_a_line_says_what_the_item_says(made):
    items = {item.id: item for item in made.items}
    for line in made.packed():
        item = items[line["id"]]
        assert ReviewLine.model_validate(line).changed_fields(item) == []
        assert line["answer_text"] == item.answer_text()
        assert line["verdict"]["gates"][0]["gate"] == "lint"


def test_the_fields_to_fill_in_are_empty(made):
    empty = {"question": None, "options": None, "answer": None, "evidence": None}
    for line in made.packed():
        assert {name: line[name] for name in FILL_IN} == {
            "decision": None,
            "reasons": [],
            "edits": empty,
            "comment": "",
            "seconds": None,
        }


def test_texts_are_written_as_people_read_them(made):
    made.packed()
    assert "„Ä“" in made.file.read_text(encoding="utf-8")


def test_items_for_people_come_first_then_the_order_of_the_run(made):
    attempts = {item.id: item.provenance.attempt for item in made.items}
    assert [attempts[line["id"]] for line in made.packed()] == [2, 4, 0, 1, 3]


def test_count_limits_the_file_and_says_how_many_are_left(made):
    assert pack(made.run, "alice", made.file, count=2) == Packed(items=2, left=3)
    assert len(made.file.read_text(encoding="utf-8").splitlines()) == 2


def test_decided_items_do_not_come_again(made):
    lines = decide(made, "accept", "reject", "flag")
    assert [line["id"] for line in made.packed(overwrite=True)] == [line["id"] for line in lines[3:]]


def test_skipped_items_come_again_after_all_others(made):
    lines = decide(made, "skip", "accept")
    assert [line["id"] for line in made.packed(overwrite=True)] == [line["id"] for line in (*lines[2:], lines[0])]


def test_undone_items_come_again_in_their_place(made):
    lines = decide(made, "accept")
    made.submitted([lines[0] | {"decision": "undo"}])
    assert made.packed(overwrite=True)[0]["id"] == lines[0]["id"]


def test_items_that_have_changed_come_again(made, change_evidence):
    decide(made, "accept", "accept", "accept", "accept", "accept")
    made.write_items([change_evidence(made.items[0]), *made.items[1:]])
    assert len(made.packed(overwrite=True)) == 1


def test_what_another_decided_does_not_come_again(made):
    decided = {line["id"] for line in decide(made, "accept", "reject")[:2]}
    lines = made.packed("bob", overwrite=True)
    assert len(lines) == 3
    assert not decided & {line["id"] for line in lines}


def test_nothing_is_written_when_nothing_is_left(made):
    decide(made, "accept", "accept", "accept", "accept", "accept")
    before = made.file.read_bytes()
    assert pack(made.run, "alice", made.file) == Packed(items=0, left=0)
    assert made.file.read_bytes() == before


def test_image_paths_lead_from_the_file_to_the_images(made):
    for line in made.packed():
        assert line["images"]
        for path in line["images"]:
            assert not Path(path).is_absolute()
            assert (made.file.parent / path).is_file()


def test_image_paths_hold_where_the_file_lies_behind_a_symbolic_link(made, tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "deep" / "er")
    out = tmp_path / "link" / "alice.jsonl"
    pack(made.run, "alice", out, count=1)
    line = ReviewLine.model_validate_json(out.read_text(encoding="utf-8"))
    assert all((out.parent / path).is_file() for path in line.images)


def test_the_working_directory_does_not_matter(made, tmp_path, monkeypatch):
    expected = made.packed()
    monkeypatch.chdir(tmp_path / "out")
    pack(type(made.run)(Path("../run")), "alice", Path("alice.jsonl"))
    assert made.packed() == expected


def test_a_moved_corpus_is_found_where_the_user_says(made, tmp_path):
    made.corpus_root.rename(tmp_path / "elsewhere")
    with pytest.raises(MifgError, match="--corpus DIR"):
        pack(made.run, "alice", made.file)
    lines = made.packed(moved_corpus=tmp_path / "elsewhere")
    assert any("elsewhere" in path for path in lines[0]["images"])


def test_another_corpus_is_refused(made, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(made.corpus_root, other)
    (other / "harbour.png").unlink()
    index_corpus(other, min_side=32, workers=1)
    with pytest.raises(MifgError, match="fingerprint differs"):
        pack(made.run, "alice", made.file, moved_corpus=other)


@pytest.mark.parametrize("where", ["corpus", "run"])
def test_a_missing_image_is_named(made, where):
    gone = made.corpus_root / "harbour.png" if where == "corpus" else next(made.run.images.glob("*.png"))
    gone.unlink()
    with pytest.raises(MifgError, match=f"{gone.name} is gone"):
        pack(made.run, "alice", made.file)
    assert not made.file.exists()


def test_an_untouched_file_is_replaced(made):
    made.packed(count=1)
    assert len(made.packed()) == 5


@pytest.mark.parametrize("filled_in", [{"decision": "accept"}, {"comment": "?"}, {"edits": {"question": "Why?"}}])
def test_a_file_that_somebody_filled_in_is_kept(made, filled_in):
    lines = made.packed()
    made.submitted([*lines[1:], lines[0] | filled_in])
    before = made.file.read_bytes()
    with pytest.raises(MifgError, match="alice has filled in some of it"):
        pack(made.run, "alice", made.file)
    assert made.file.read_bytes() == before


def test_a_filled_in_file_is_replaced_by_force(made):
    made.file.write_text("precious\n", encoding="utf-8")
    assert len(made.packed(overwrite=True)) == 5


def test_a_file_that_is_no_review_file_is_kept(made):
    made.file.write_text("precious\n", encoding="utf-8")
    with pytest.raises(MifgError, match="is no review file"):
        pack(made.run, "alice", made.file)
    assert made.file.read_text(encoding="utf-8") == "precious\n"


def test_a_review_file_never_lies_among_the_event_logs(made):
    with pytest.raises(MifgError, match="among the event logs"):
        pack(made.run, "alice", made.run.review / "alice.jsonl", overwrite=True)


def test_a_folder_that_is_not_there_is_named(made, tmp_path):
    with pytest.raises(MifgError, match="Cannot write"):
        pack(made.run, "alice", tmp_path / "none" / "alice.jsonl")


def test_a_name_that_leads_out_of_the_run_is_refused(made):
    with pytest.raises(MifgError, match="cannot be the name of an annotator"):
        pack(made.run, "../alice", made.file)
