"""A drawn folder: its files, its refusals, and that it continues."""

import json

import numpy as np
import pytest
from full_disk import files_up_to
from PIL import Image

from mifg_pipeline.corpus.draw import DrawSummary, draw_corpus, draw_scene
from mifg_pipeline.corpus.index_file import INDEX_NAME
from mifg_pipeline.corpus.receipt import RECEIPT_NAME
from mifg_pipeline.errors import MifgError


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("drawn") / "scenes"
    draw_corpus(out, 3, seed=1, workers=1)
    return out


@pytest.fixture
def grown(folder, tmp_path):
    """A copy of the folder that a test may change."""
    out = tmp_path / "scenes"
    out.mkdir()
    for name, content in contents(folder).items():
        (out / name).write_bytes(content)
    return out


def test_holds_the_scenes_and_their_metadata_and_nothing_else(folder):
    assert list(contents(folder)) == ["metadata.jsonl", "scene-000000.jpg", "scene-000001.jpg", "scene-000002.jpg"]


def test_each_line_of_metadata_is_the_scenes_own(folder):
    lines = [json.loads(line) for line in (folder / "metadata.jsonl").read_text().splitlines()]
    for index, line in enumerate(lines):
        assert line == {"file_name": f"scene-{index:06d}.jpg", **draw_scene(1, index).metadata}


def test_files_show_what_was_drawn(folder):
    with Image.open(folder / "scene-000001.jpg") as image:
        error = abs(np.asarray(image).astype(int) - draw_scene(1, 1).pixels)
    assert error.mean() < 3


def test_files_take_at_most_a_third_of_a_byte_per_pixel(folder):
    for path in folder.glob("*.jpg"):
        with Image.open(path) as image:
            assert path.stat().st_size / (image.width * image.height) < 1 / 3


def test_grows_by_the_missing_scenes_alone(grown):
    before = {path: path.stat().st_ino for path in grown.glob("*.jpg")}
    assert draw_corpus(grown, 4, seed=1) == DrawSummary(drawn=1, kept=3)
    assert {path: path.stat().st_ino for path in before} == before


def test_a_grown_folder_equals_one_drawn_at_once(grown, tmp_path):
    draw_corpus(grown, 4, seed=1)
    draw_corpus(tmp_path / "at once", 4, seed=1)
    assert contents(grown) == contents(tmp_path / "at once")


def test_keeps_scenes_beyond_the_count(grown):
    assert draw_corpus(grown, 1, seed=1) == DrawSummary(drawn=0, kept=3)
    assert len((grown / "metadata.jsonl").read_text().splitlines()) == 3


def test_continues_after_an_interruption(folder, grown):
    (grown / "metadata.jsonl").unlink()
    (grown / "scene-000001.jpg").rename(grown / "scene-000001.jpg.part")
    assert draw_corpus(grown, 3, seed=1) == DrawSummary(drawn=1, kept=2)
    assert contents(grown) == contents(folder)


@pytest.mark.slow
def test_the_number_of_processes_changes_no_byte(tmp_path):
    for workers in (1, 2):
        draw_corpus(tmp_path / str(workers), 18, seed=4, workers=workers)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


@pytest.mark.slow
def test_datasets_reads_it_as_an_image_folder(folder, tmp_path):
    from datasets import load_dataset

    rows = load_dataset("imagefolder", data_dir=str(folder), split="train", cache_dir=str(tmp_path))
    expected = json.loads((folder / "metadata.jsonl").read_text().splitlines()[0])
    assert rows[0]["objects"]["bbox"] == expected["objects"]["bbox"]
    assert rows[0]["objects"]["text"] == expected["objects"]["text"]


def test_grows_after_it_was_indexed(grown):
    (grown / INDEX_NAME).write_bytes(b"index")
    (grown / RECEIPT_NAME).write_bytes(b"receipt")
    assert draw_corpus(grown, 4, seed=1) == DrawSummary(drawn=1, kept=3)


def test_reports_progress_up_to_the_count(grown):
    seen = []
    draw_corpus(grown, 5, seed=1, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(4, 5), (5, 5)]


@pytest.mark.parametrize("name", ["holiday.jpg", "notes.txt", "scene-000000.jpg", "metadata.jsonl"])
def test_refuses_a_folder_with_files_of_somebody_else(tmp_path, name):
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(MifgError, match=name):
        draw_corpus(tmp_path, 1, seed=1)
    assert contents(tmp_path) == {name: b"mine"}


def test_refuses_a_folder_of_another_seed(grown):
    before = contents(grown)
    with pytest.raises(MifgError, match="seed 2"):
        draw_corpus(grown, 4, seed=2)
    assert contents(grown) == before


@pytest.mark.parametrize(("count", "workers"), [(0, None), (-3, None), (1, 0)])
def test_refuses_to_draw_nothing_or_with_nobody(tmp_path, count, workers):
    with pytest.raises(MifgError, match="at least 1"):
        draw_corpus(tmp_path / "out", count, seed=0, workers=workers)
    assert not (tmp_path / "out").exists()


def test_says_so_when_the_folder_is_a_file(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(MifgError, match="cannot be used"):
        draw_corpus(tmp_path / "out", 1, seed=0)


def test_a_write_that_fails_leaves_no_half_file(grown):
    before = contents(grown)
    with files_up_to(10_000), pytest.raises(MifgError, match="cannot be used"):
        draw_corpus(grown, 4, seed=1, workers=1)
    assert contents(grown) == before
