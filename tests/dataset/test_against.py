"""An export leaves out items with an image of which another dataset holds a copy."""

import re
import shutil
from pathlib import Path

import pytest

from mifg_pipeline.errors import MifgError
from mifg_pipeline.export import Terms, export_dataset
from mifg_pipeline.store.review_records import Edits


@pytest.fixture
def other(exported, tmp_path):
    """A dataset with one of the run's images, one that is derived from nothing and has a derived one."""
    (tmp_path / "benchmark").mkdir()
    detail = next(image for item in exported.made.items for image in item.images if image.is_derived)
    parent = next(image for image in exported.made.corpus.images if image.sha256 == detail.derived_from[0])
    shutil.copy(exported.made.file_of(parent), tmp_path / "benchmark")
    return tmp_path / "benchmark", parent


def shows(item, parent):
    return any(parent.sha256 in (image.sha256, *image.derived_from) for image in item.images)


def test_items_that_show_a_copy_or_a_part_of_one_are_left_out(exported, other):
    folder, parent = other
    selection = exported.made.selection().against([folder])
    kept = [entry.item.id for entry in selection.entries()]
    assert kept == [item.id for item in exported.made.items if not shows(item, parent)]
    assert selection.withheld() == {"benchmark": sum(shows(item, parent) for item in exported.made.items)}
    assert 0 < len(kept) < len(exported.made.items)


def test_the_card_says_how_many_and_because_of_what(exported, other, tmp_path):
    folder, parent = other
    export_dataset(exported.made.selection().against([folder]), tmp_path / "out")
    count = sum(shows(item, parent) for item in exported.made.items)
    text = (tmp_path / "out" / "README.md").read_text()
    assert f"{count} items were left out because benchmark holds a copy of one of their images." in text


def test_an_empty_dataset_is_taken_for_a_mistake(exported, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(MifgError, match="empty holds no images"):
        exported.made.selection().against([tmp_path / "empty"])


def test_where_all_items_are_withheld_that_is_what_is_said(exported, tmp_path):
    with pytest.raises(MifgError, match=r"All 18 items of .* are withheld: copies of their images are in corpus"):
        export_dataset(exported.made.selection().against([exported.made.corpus.root]), tmp_path / "out")


def test_what_cannot_be_decoded_is_named(exported, other):
    folder, _ = other
    (folder / "note.jpg").write_text("no image")
    copies = exported.made.selection().against([folder]).copies
    assert (copies.undecodable, copies.first_undecodable) == (1, "benchmark/note.jpg")


def test_an_image_of_ours_that_cannot_be_compared_costs_its_items_alone(exported, other, tmp_path):
    folder, parent = other
    item = next(item for item in exported.made.items if not shows(item, parent))
    lost = exported.made.file_of(item.images[0])
    lost.unlink()
    selection = exported.made.selection().against([folder])
    with pytest.raises(MifgError, match=re.escape(f"Item {item.id}: Image {lost} cannot be read")):
        export_dataset(selection, tmp_path / "out")
    report = export_dataset(selection, tmp_path / "out", Terms(skip=True))
    assert report.figures.rows > 0
    assert all("cannot be read" in problem.problem for problem in report.left_out)


def test_an_image_that_came_back_after_the_comparison_counts_as_not_compared(exported, other, tmp_path):
    folder, parent = other
    item = next(item for item in exported.made.items if not shows(item, parent))
    path = exported.made.file_of(item.images[0])
    content = path.read_bytes()
    path.unlink()
    selection = exported.made.selection().against([folder])
    path.write_bytes(content)
    with pytest.raises(MifgError, match="could not be compared with other datasets"):
        export_dataset(selection, tmp_path / "out")


def test_datasets_in_folders_of_one_name_are_told_apart(exported, other, tmp_path):
    folder, _ = other
    shutil.copytree(folder, tmp_path / "elsewhere" / "benchmark")
    copies = exported.made.selection().against([folder, tmp_path / "elsewhere" / "benchmark"]).copies
    assert copies.compared == {str(folder): 1, str(tmp_path / "elsewhere" / "benchmark"): 1}


def test_the_current_folder_has_a_name(exported, other, monkeypatch):
    monkeypatch.chdir(other[0])
    assert exported.made.selection().against([Path()]).copies.compared == {"benchmark": 1}


def test_files_without_images_are_counted(exported, other):
    folder, _ = other
    for name in ("images-0.tar", "images-1.tar", "questions.tsv", "LICENSE", ".cache/huggingface/x.metadata"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    copies = exported.made.selection().against([folder]).copies
    assert copies.passed_over == {"benchmark": "2 .tar, 1 without suffix, 1 .tsv without images"}


def test_a_dataset_of_archives_alone_is_refused_by_what_it_holds(exported, tmp_path):
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / "images.tar").write_bytes(b"")
    with pytest.raises(MifgError, match=r"holds no images but files of other kinds: 1 \.tar") as caught:
        exported.made.selection().against([tmp_path / "packed"])
    assert "unpacked" in caught.value.remedy


def test_items_that_people_edited_are_left_out_like_others(exported, other):
    folder, parent = other
    item = next(item for item in exported.made.items if shows(item, parent))
    exported.made.judge("ana", item, "edit", Edits(question="What is it?"))
    assert list(exported.made.selection("verified").against([folder]).entries()) == []
