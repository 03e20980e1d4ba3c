"""Candidates are found by their offsets, also when the run writes the file anew meanwhile."""

import pytest

from mifg_pipeline.errors import MifgError
from mifg_pipeline.review.candidates import Candidates
from mifg_pipeline.store.files import replaced_file


def test_every_item_is_the_one_of_its_line(made):
    candidates = Candidates.open(made.run)
    assert [candidates.item(position) for position in range(len(candidates))] == made.items
    assert [entry.id for entry in candidates.entries] == [item.id for item in made.items]
    assert candidates.fields(2)["question"] == made.items[2].question


def test_an_item_is_current_by_its_digest(made, change_evidence):
    candidates = Candidates.open(made.run)
    item = made.items[1]
    assert candidates.current(item.id, item.digest) == 1
    assert candidates.current(item.id, change_evidence(item).digest) is None
    assert candidates.current("0" * 32, item.digest) is None


def test_a_file_that_took_its_place_is_noticed_and_the_old_one_still_read(made):
    items = made.items
    candidates = Candidates.open(made.run)
    assert candidates.is_current()
    with replaced_file(made.run.candidates_path) as file:
        file.write(f"{items[0].model_dump_json()}\n")
    assert not candidates.is_current()
    assert candidates.item(4) == items[4]


def test_a_file_that_is_gone_is_not_current(made):
    candidates = Candidates.open(made.run)
    made.run.candidates_path.unlink()
    assert not candidates.is_current()


@pytest.mark.parametrize("line", ["{", "{}", "[]", '{"id": 1}', ""])
def test_a_damaged_line_is_named(made, line):
    lines = [item.model_dump_json() for item in made.items]
    made.run.candidates_path.write_text("\n".join([lines[0], line, *lines[1:]]), encoding="utf-8")
    with pytest.raises(MifgError, match="line 2"):
        Candidates.open(made.run)


def test_a_line_whose_question_was_changed_is_refused_when_somebody_looks(made):
    text = made.run.candidates_path.read_text(encoding="utf-8").replace("kite of child 1", "boat of child 1")
    made.run.candidates_path.write_text(text, encoding="utf-8")
    candidates = Candidates.open(made.run)
    assert candidates.item(0).question.startswith("Which image")
    with pytest.raises(MifgError, match="edited by hand or damaged"):
        candidates.item(1)


def test_without_candidates_the_remedy_is_named(made):
    made.run.candidates_path.unlink()
    with pytest.raises(MifgError, match="Let `mifg generate` finish"):
        Candidates.open(made.run)
