"""Walks through folders."""

import subprocess
import sys

import pytest
from other_user import open_to_others

from mifg_pipeline.store.folders import files_below, real_path, walked


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.txt").write_text("")
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "a.txt").write_text("")
    (root / "link").symlink_to(tmp_path / "elsewhere")
    (root / "round").symlink_to(root)
    (root / "dead.jpg").symlink_to(tmp_path / "nowhere")
    return root


def names(paths, root):
    return [path.relative_to(root).as_posix() for path in paths]


def test_links_are_followed_once_and_dead_ones_named(tree):
    assert names(files_below(tree), tree) == ["dead.jpg", "link/b.txt", "sub/a.txt"]


def test_a_walk_names_links_and_does_not_follow_them(tree):
    assert set(names(walked(tree), tree)) == {"dead.jpg", "link", "round", "sub", "sub/a.txt"}


WALK = """
import os, sys
from pathlib import Path
from mifg_pipeline.store import folders
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    list(getattr(folders, sys.argv[2])(Path(sys.argv[1])))
except PermissionError as error:
    print(error.filename)
"""


@pytest.mark.parametrize("walk", ["files_below", "walked"])
def test_a_folder_that_cannot_be_read_is_an_error(tmp_path, walk):
    root = tmp_path / "root"
    (root / "closed").mkdir(parents=True)
    open_to_others(tmp_path)
    (root / "closed").chmod(0)
    command = [sys.executable, "-c", WALK, str(root), walk]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (root / "closed").chmod(0o755)
    assert said == f"{root / 'closed'}\n"


def test_a_circle_of_links_has_a_path(tmp_path):
    (tmp_path / "one").symlink_to(tmp_path / "other")
    (tmp_path / "other").symlink_to(tmp_path / "one")
    assert real_path(tmp_path / "one" / "x").name == "x"
