"""A folder that is made whole or not at all."""

import signal
import subprocess
import sys
from contextlib import suppress

import pytest
from other_user import open_to_others

from mifg_pipeline.errors import MifgError
from mifg_pipeline.store.whole_folder import require_new, whole_folder


def whatever(target):
    """Lets everything be replaced."""


def fill(folder, text="rows"):
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "data" / "rows.txt").write_text(text)


def read(folder):
    return (folder / "data" / "rows.txt").read_text()


def test_folder_appears_when_the_block_ends(tmp_path):
    target = tmp_path / "parent" / "out"
    with whole_folder(target) as partial:
        fill(partial)
        assert not target.exists()
    assert [path.name for path in target.iterdir()] == ["data"]
    assert [path.name for path in target.parent.iterdir()] == ["out"]


def test_an_exception_leaves_the_old_folder(tmp_path):
    fill(tmp_path / "out", "old")

    with suppress(RuntimeError), whole_folder(tmp_path / "out", whatever) as partial:
        fill(partial, "new")
        raise RuntimeError
    assert read(tmp_path / "out") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


KILLED = """
import os, signal, sys
from pathlib import Path
from mifg_pipeline.store.whole_folder import whole_folder
with whole_folder(Path(sys.argv[1]), lambda target: None) as partial:
    (partial / "data").mkdir()
    (partial / "data" / "train-00000.unfinished").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_writer_leaves_the_old_folder_and_the_next_one_cleans_up(tmp_path):
    fill(tmp_path / "out", "old")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "out")], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert read(tmp_path / "out") == "old"
    with whole_folder(tmp_path / "out", whatever) as partial:
        fill(partial, "new")
    assert [path.name for path in (tmp_path / "out" / "data").iterdir()] == ["rows.txt"]
    assert read(tmp_path / "out") == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_second_writer_is_refused_and_harms_nothing(tmp_path):
    with whole_folder(tmp_path / "out") as partial:
        fill(partial, "first")
        with pytest.raises(MifgError, match="Another process"), whole_folder(tmp_path / "out"):
            pass
    assert read(tmp_path / "out") == "first"


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "out").mkdir()
    with whole_folder(tmp_path / "out") as partial:
        fill(partial)
    assert read(tmp_path / "out") == "rows"


REPLACE = """
import os, sys
from pathlib import Path
from mifg_pipeline.errors import MifgError
from mifg_pipeline.store.whole_folder import whole_folder
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    with whole_folder(Path(sys.argv[1]), lambda target: None) as partial:
        print("at work")
except MifgError as error:
    print(error)
"""


@pytest.mark.parametrize("mode", [0, 0o555])
def test_a_folder_that_may_not_be_removed_is_refused_before_the_work(tmp_path, mode):
    fill(tmp_path / "out", "old")
    open_to_others(tmp_path)
    tmp_path.chmod(0o777)
    (tmp_path / "out" / "data").chmod(mode)
    said = subprocess.run(
        [sys.executable, "-c", REPLACE, str(tmp_path / "out")], capture_output=True, text=True, check=True
    ).stdout
    (tmp_path / "out" / "data").chmod(0o755)
    assert said.startswith(f"Cannot write {tmp_path / 'out'}: Permission denied.")
    assert "at work" not in said
    assert read(tmp_path / "out") == "old"


def test_a_mount_point_is_refused_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr("os.path.ismount", lambda path: path == tmp_path)
    with pytest.raises(MifgError, match="mount point"), whole_folder(tmp_path):
        pytest.fail("no work is done")


@pytest.mark.parametrize("inside", [".", "data"])
def test_the_current_folder_does_not_give_way(tmp_path, monkeypatch, inside):
    folder = tmp_path / "out"
    (folder / "data").mkdir(parents=True)
    monkeypatch.chdir(folder / inside)
    with pytest.raises(MifgError, match="this shell is in it"), whole_folder(folder, lambda _: None):
        pytest.fail("no work is done")


def test_a_circle_of_links_is_named(tmp_path):
    (tmp_path / "one").symlink_to(tmp_path / "other")
    (tmp_path / "other").symlink_to(tmp_path / "one")
    with pytest.raises(MifgError, match="Cannot write"), whole_folder(tmp_path / "one"):
        pass


@pytest.mark.parametrize("make", [lambda path: fill(path), lambda path: path.write_text("a file")])
def test_what_is_there_is_left_alone_unless_somebody_says_otherwise(tmp_path, make):
    make(tmp_path / "out")
    with pytest.raises(MifgError, match="there already"):
        require_new(tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("file/out", "that you may write to"), ("x" * 300, "shorter name"), (f"{'x' * 300}/out", "shorter name")],
)
def test_an_unwritable_place_is_named(tmp_path, name, remedy):
    (tmp_path / "file").write_text("")
    with pytest.raises(MifgError, match="Cannot write") as caught, whole_folder(tmp_path / name):
        pass
    assert remedy in caught.value.remedy
