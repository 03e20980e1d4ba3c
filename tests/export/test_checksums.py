"""The list of digests that lies in a dataset."""

import shutil
import subprocess

import pytest

from mifg_pipeline.export import Terms, export_dataset
from mifg_pipeline.export.checksums import FILE_NAME, files_of, read_sums
from mifg_pipeline.export.formats import FORMATS


@pytest.fixture
def exported(made, tmp_path):
    export_dataset(made.selection(), tmp_path / "out", Terms(tuple(FORMATS), skip=True))
    return tmp_path / "out"


def test_every_file_is_listed(exported):
    files = {path.relative_to(exported).as_posix() for path in exported.rglob("*") if path.is_file()}
    assert {FILE_NAME, *read_sums(exported)} == files


@pytest.mark.parametrize("name", [".env", ".cache/huggingface/x.metadata", "data/.DS_Store", "samples/Thumbs.db"])
def test_what_is_hidden_or_left_behind_is_no_part_of_a_dataset(exported, name):
    before = files_of(exported)
    (exported / name).parent.mkdir(parents=True, exist_ok=True)
    (exported / name).write_text("secret")
    assert files_of(exported) == before


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs sha256sum")
def test_sha256sum_agrees(exported):
    assert subprocess.run(["sha256sum", "--check", "--quiet", FILE_NAME], cwd=exported, check=False).returncode == 0


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs sha256sum")
def test_sha256sum_names_a_file_that_changed(exported):
    with (exported / "README.md").open("a") as file:
        file.write("\n")
    command = ["sha256sum", "--check", "--quiet", FILE_NAME]
    result = subprocess.run(command, cwd=exported, check=False, capture_output=True, text=True)
    assert "README.md" in result.stdout
    assert result.returncode != 0


def test_lists_in_the_other_forms_of_sha256sum_are_read(tmp_path):
    first, second = "AB" * 32, "cd" * 32
    (tmp_path / FILE_NAME).write_bytes(f"{first} *a b.txt\r\n\n{second}  ./c/d.txt\n".encode())
    assert read_sums(tmp_path) == {"a b.txt": first.lower(), "c/d.txt": second}


def test_a_line_that_is_none_of_a_list_is_named(tmp_path):
    (tmp_path / FILE_NAME).write_text(f"{'ab' * 32}  a.txt\nmy notes\n")
    with pytest.raises(ValueError, match="line 2"):
        read_sums(tmp_path)
