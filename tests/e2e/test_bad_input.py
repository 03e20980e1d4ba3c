"""Whatever is wrong ends in a clear error with its remedy, or in a counted skip."""

import os
import shutil
import signal
import struct
import subprocess
import sys
import zlib

import pytest
from PIL import Image

from mifg_pipeline.corpus.draw import draw_corpus

MIFG = "from mifg_pipeline.cli import main; main()"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Six drawn scenes."""
    folder = tmp_path_factory.mktemp("drawn") / "scenes"
    draw_corpus(folder, 6, seed=5)
    return folder


@pytest.fixture
def scenes(drawn, tmp_path):
    """A copy of the scenes that a test may spoil."""
    return shutil.copytree(drawn, tmp_path / "scenes")


def find_details(corpus, run, items=2):
    """A command that needs no annotation and no OCR, over one pool."""
    return ("generate", "--corpus", corpus, "--out", run, "--items", items, "--set", "mix={find-detail: 1}")


def error_of(done):
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    return line


def test_a_missing_corpus(mifg, tmp_path):
    assert "no folder" in error_of(mifg(*find_details(tmp_path / "nowhere", tmp_path / "run"), status=1))


def test_an_empty_corpus(mifg, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "image" in error_of(mifg(*find_details(tmp_path / "empty", tmp_path / "run"), status=1))


def test_a_corpus_without_a_readable_image(mifg, tmp_path):
    corpus = tmp_path / "broken"
    corpus.mkdir()
    (corpus / "a.jpg").write_bytes(b"no image at all")
    assert "undecodable" in error_of(mifg(*find_details(corpus, tmp_path / "run"), status=1))


def test_a_single_image_is_enough_for_some_families_only(mifg, drawn, tmp_path):
    corpus = tmp_path / "one"
    corpus.mkdir()
    shutil.copy(drawn / "scene-000000.jpg", corpus)
    refused = mifg(
        "generate",
        "--corpus",
        corpus,
        "--out",
        tmp_path / "r",
        "--items",
        1,
        "--set",
        "mix={count-across: 1}",
        status=1,
    )
    assert "Add images" in error_of(refused)
    mifg("generate", "--corpus", corpus, "--out", tmp_path / "run", "--items", 2, "--set", "mix={spot-change: 1}")


def test_odd_files_are_skipped_and_the_rest_is_used(mifg, scenes, tmp_path):
    whole = (scenes / "scene-000000.jpg").read_bytes()
    (scenes / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (scenes / "bomb.png").write_bytes(huge_png())
    (scenes / ("ü" * 100 + "夜.jpg")).write_bytes(whole + b"\0")
    (scenes / "loop").symlink_to(scenes, target_is_directory=True)
    Image.new("P", (400, 400)).save(scenes / "palette.png")
    with (scenes / "metadata.jsonl").open("a") as file:
        file.write("{broken\n")
    mifg(*find_details(scenes, tmp_path / "run"))
    shown = mifg("corpus", "show", scenes).stdout
    for name in ("truncated.jpg", "bomb.png", "metadata.jsonl"):
        assert name in shown


def huge_png():
    """A PNG that declares 60,000 x 60,000 pixels."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def test_an_unwritable_run_folder(mifg, drawn, tmp_path):
    (tmp_path / "file").write_text("")
    assert "Choose a folder" in error_of(mifg(*find_details(drawn, tmp_path / "file" / "run"), status=1))


def test_a_folder_with_other_files_is_no_run_folder(mifg, drawn, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").write_text("")
    assert "--out" in error_of(mifg(*find_details(drawn, tmp_path / "run"), status=1))


def test_other_settings_on_the_same_run_folder(mifg, drawn, tmp_path):
    mifg(*find_details(drawn, tmp_path / "run"))
    refused = mifg(*find_details(drawn, tmp_path / "run", items=3), status=1)
    assert "items was 2, is 3" in error_of(refused)


def test_a_run_folder_of_another_schema_version(mifg, drawn, tmp_path):
    mifg(*find_details(drawn, tmp_path / "run"))
    manifest = tmp_path / "run" / "run.yaml"
    manifest.write_text(manifest.read_text().replace("schema_version: 1", "schema_version: 2"))
    for command in (find_details(drawn, tmp_path / "run"), ("status", tmp_path / "run")):
        assert "schema version 2" in error_of(mifg(*command, status=1))


def test_a_changed_corpus_does_not_continue_an_old_run(mifg, scenes, tmp_path):
    mifg(*find_details(scenes, tmp_path / "run"))
    (scenes / "scene-000003.jpg").unlink()
    assert "another state of the corpus" in error_of(mifg(*find_details(scenes, tmp_path / "run"), status=1))


def test_a_moved_corpus_is_named_with_corpus(mifg, scenes, tmp_path):
    mifg(*find_details(scenes, tmp_path / "run"))
    moved = scenes.rename(tmp_path / "moved")
    pack = ("review", "pack", tmp_path / "run", "--annotator", "a", "--out", tmp_path / "a.jsonl")
    assert "--corpus DIR" in error_of(mifg(*pack, status=1))
    mifg(*pack, "--corpus", moved)
    mifg(*find_details(moved, tmp_path / "run"))


def test_a_second_process_on_the_same_run(mifg, start_mifg, drawn, tmp_path):
    run = tmp_path / "run"
    first = start_mifg(*find_details(drawn, run, items=200))
    try:
        while not (run / "ledger.sqlite").exists():
            assert first.poll() is None
        refused = mifg(*find_details(drawn, run, items=200), status=1)
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.communicate()
    assert "Another process" in error_of(refused)


@pytest.mark.parametrize("kilobytes", [64, 256])
def test_a_full_disk_stops_the_run_and_the_same_command_resumes_it(kilobytes, mifg, drawn, tmp_path):
    """A limit on file sizes stands for the full disk: writes fail with an error of the system just so."""
    run = tmp_path / "run"
    command = [str(word) for word in find_details(drawn, run, items=30)]
    limited = f'ulimit -f {kilobytes}; exec "$0" -c \'{MIFG}\' "$@"'
    done = subprocess.run(["bash", "-c", limited, sys.executable, *command], capture_output=True, text=True)
    assert done.returncode == 1
    assert "run the same command again" in error_of(done)
    assert "Traceback" not in done.stderr
    mifg(*command)
    assert len((run / "candidates.jsonl").read_text().splitlines()) == 30


def test_an_image_that_goes_away_midway_is_counted(mifg, start_mifg, scenes, tmp_path):
    run = tmp_path / "run"
    process = start_mifg(*find_details(scenes, run, items=30))
    while not (run / "ledger.sqlite").exists():
        assert process.poll() is None
    (scenes / "scene-000001.jpg").unlink()
    (scenes / "scene-000002.jpg").write_bytes(b"changed")
    process.communicate()
    assert process.returncode == 0
    rejected = (run / "rejected.jsonl").read_text()
    assert "scene-000002.jpg has changed since it was indexed" in rejected
    assert str(scenes) not in rejected


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--set", "mix={no-family: 1}"), "find-detail"),
        (("--set", "nothing=1"), "nothing"),
        (("--set", "mix={find-detail: -1}"), "negative"),
    ],
)
def test_settings_that_do_not_fit(arguments, complaint, mifg, drawn, tmp_path):
    command = ("generate", "--corpus", drawn, "--out", tmp_path / "run", "--items", 1, *arguments)
    assert complaint in error_of(mifg(*command, status=1))


@pytest.mark.parametrize("arguments", [("--items", "0"), ("--items", "many"), ("--colour", "red"), ()])
def test_wrong_usage_exits_with_2(arguments, mifg, drawn, tmp_path):
    if arguments:
        mifg("generate", "--corpus", drawn, "--out", tmp_path / "run", *arguments, status=2)
    else:
        mifg("generate", status=2)


def test_too_few_attempts_name_what_rejected_them(mifg, drawn, tmp_path):
    strict = ("--set", "attempts=5", "--set", "gates.min_evidence_side=500")
    done = mifg(*find_details(drawn, tmp_path / "run"), *strict, status=1)
    assert "Only 0 of 2 items after 5 attempts; rejected by: evidence (" in error_of(done)


def test_check_and_preview_write_nothing_into_the_run(mifg, drawn, tmp_path):
    run = tmp_path / "run"
    assert "nothing was written" in mifg(*find_details(drawn, run), "--check").stdout
    shown = mifg(*find_details(drawn, run), "--preview", 2).stdout
    assert "2 items" in shown
    assert "▄" in shown or "▀" in shown
    assert not run.exists()
