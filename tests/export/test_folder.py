"""Which folders an export may replace: nothing is lost that no export wrote."""

import os

import pytest

from mifg_pipeline.errors import MifgError
from mifg_pipeline.export.checksums import FILE_NAME, sums_of, sums_text
from mifg_pipeline.export.folder import require_replaceable

CARD = "---\ntags:\n- mifg-qa\n---\n# Card\n"


def fill(folder, text="rows"):
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(CARD)
    (folder / "data" / "train-00000-of-00001.parquet").write_text(text)
    (folder / FILE_NAME).write_text(sums_text(sums_of(folder)))


@pytest.mark.parametrize("foreign", ["notes.txt", ".git/config", "data/train.csv", "README.md.bak", ".env"])
def test_an_export_with_a_foreign_file_is_refused(tmp_path, foreign):
    fill(tmp_path / "out")
    path = tmp_path / "out" / foreign
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    with pytest.raises(MifgError, match="no export wrote") as caught:
        require_replaceable(tmp_path / "out")
    assert foreign in caught.value.problem


@pytest.mark.parametrize(
    "card",
    [
        "# My project\n",
        "---\ntags: [cats]\n---\n",
        "---\n[\n---\n",
        "--- 3\n",
        "---\ntags: 5\n---\n",
        "\udcff",
        "x: 0x_",
        "---\ndate: 2024-02-30\n---\n",
        f"---\n{'[' * 5000}\n---\n",
    ],
)
def test_a_card_of_something_else_is_refused(tmp_path, card):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "README.md").write_bytes(card.encode("utf-8", "surrogateescape"))
    with pytest.raises(MifgError, match="nothing says that it is an export"):
        require_replaceable(tmp_path / "out")


def test_an_export_whose_list_of_files_is_lost_is_refused(tmp_path):
    fill(tmp_path / "out")
    (tmp_path / "out" / FILE_NAME).unlink()
    with pytest.raises(MifgError, match="no export wrote"):
        require_replaceable(tmp_path / "out")


def test_an_export_whose_list_of_files_is_no_text_is_refused(tmp_path):
    fill(tmp_path / "out")
    (tmp_path / "out" / FILE_NAME).write_bytes(b"\xff")
    with pytest.raises(MifgError, match="no export wrote"):
        require_replaceable(tmp_path / "out")


def test_an_export_is_recognised(tmp_path):
    fill(tmp_path / "out")
    require_replaceable(tmp_path / "out")


@pytest.mark.parametrize("name", ["README.md", FILE_NAME])
def test_a_folder_in_the_place_of_one_of_its_files_is_no_export(tmp_path, name):
    fill(tmp_path / "out")
    (tmp_path / "out" / name).unlink()
    (tmp_path / "out" / name).mkdir()
    with pytest.raises(MifgError):
        require_replaceable(tmp_path / "out")


def test_what_a_file_manager_left_behind_is_nobodys_file(tmp_path):
    fill(tmp_path / "out")
    (tmp_path / "out" / "data" / ".DS_Store").write_bytes(b"icons")
    require_replaceable(tmp_path / "out")


def test_a_link_that_leads_nowhere_is_somebodys_file(tmp_path):
    fill(tmp_path / "out")
    (tmp_path / "out" / "later").symlink_to(tmp_path / "nowhere")
    with pytest.raises(MifgError, match="such as later"):
        require_replaceable(tmp_path / "out")


def test_a_place_inside_another_export_is_refused(tmp_path):
    fill(tmp_path / "out")
    with pytest.raises(MifgError, match="lies in the dataset"):
        require_replaceable(tmp_path / "out" / "data" / "more")


def test_a_pipe_in_the_place_of_the_card_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "README.md")
    require_replaceable(tmp_path / "out")


@pytest.mark.parametrize("name", ["README.md", "CITATION.cff"])
def test_what_somebody_wrote_into_the_card_is_not_lost(tmp_path, name):
    fill(tmp_path / "out")
    (tmp_path / "out" / "CITATION.cff").write_text("authors: []")
    (tmp_path / "out" / FILE_NAME).write_text(sums_text(sums_of(tmp_path / "out")))
    with (tmp_path / "out" / name).open("a") as file:
        file.write("authors: [me]")
    with pytest.raises(MifgError, match=f"{name} is not as it was exported"):
        require_replaceable(tmp_path / "out")
