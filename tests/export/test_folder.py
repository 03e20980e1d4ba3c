"""A folder that is replaced whole or not at all."""

import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from mifg_pipeline.errors import MifgError
from mifg_pipeline.export.checksums import FILE_NAME, sums_of, sums_text
from mifg_pipeline.export.folder import replaced_folder, require_replaceable

CARD = "---\ntags:\n- mifg-qa\n---\n# Card\n"


def fill(folder, text="rows"):
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(CARD)
    (folder / "data" / "train-00000-of-00001.parquet").write_text(text)
    (folder / FILE_NAME).write_text(sums_text(sums_of(folder)))


def read(folder):
    return (folder / "data" / "train-00000-of-00001.parquet").read_text()


def test_folder_appears_when_the_block_ends(tmp_path):
    target = tmp_path / "parent" / "out"
    with replaced_folder(target) as partial:
        fill(partial)
        assert not target.exists()
    assert sorted(path.name for path in target.iterdir()) == ["README.md", FILE_NAME, "data"]
    assert [path.name for path in target.parent.iterdir()] == ["out"]


def test_an_exception_leaves_the_old_folder(tmp_path):
    fill(tmp_path / "out", "old")

    with suppress(RuntimeError), replaced_folder(tmp_path / "out") as partial:
        fill(partial, "new")
        raise RuntimeError
    assert read(tmp_path / "out") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


KILLED = """
import os, signal, sys
from pathlib import Path
from mifg_pipeline.export.folder import replaced_folder
with replaced_folder(Path(sys.argv[1])) as partial:
    (partial / "data").mkdir()
    (partial / "data" / "train-00000.unfinished").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_writer_leaves_the_old_folder_and_the_next_one_cleans_up(tmp_path):
    fill(tmp_path / "out", "old")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "out")], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert read(tmp_path / "out") == "old"
    with replaced_folder(tmp_path / "out") as partial:
        fill(partial, "new")
    assert [path.name for path in (tmp_path / "out" / "data").iterdir()] == ["train-00000-of-00001.parquet"]
    assert read(tmp_path / "out") == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_second_writer_is_refused_and_harms_nothing(tmp_path):
    with replaced_folder(tmp_path / "out") as partial:
        fill(partial, "first")
        with pytest.raises(MifgError, match="Another export"), replaced_folder(tmp_path / "out"):
            pass
    assert read(tmp_path / "out") == "first"


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "out").mkdir()
    with replaced_folder(tmp_path / "out") as partial:
        fill(partial)
    assert read(tmp_path / "out") == "rows"


def test_an_unwritable_place_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MifgError, match="Cannot write"), replaced_folder(tmp_path / "file" / "out"):
        pass


@pytest.mark.parametrize("foreign", ["notes.txt", ".git/config", "data/train.csv", "README.md.bak"])
def test_an_export_with_a_foreign_file_is_refused(tmp_path, foreign):
    fill(tmp_path / "out")
    path = tmp_path / "out" / foreign
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    with pytest.raises(MifgError, match="no export wrote") as caught:
        require_replaceable(tmp_path / "out")
    assert foreign in caught.value.problem


@pytest.mark.parametrize("card", ["# My project\n", "---\ntags: [cats]\n---\n", "---\n[\n---\n", "--- 3\n", "\udcff"])
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
