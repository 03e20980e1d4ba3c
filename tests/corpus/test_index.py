"""Indexing real folders."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import imagehash
import pytest
from PIL import Image

from mifg_pipeline.corpus import Corpus, index_corpus
from mifg_pipeline.images.measure_files import IN_PROCESS_FILES

SavePhoto = Callable[..., Path]
WriteLines = Callable[..., Path]
INDEX = "corpus.parquet"


def statuses(root: Path) -> dict[str, str]:
    return {reject.path: reject.status for reject in Corpus.open(root).rejects}


def pools(root: Path) -> dict[str, str]:
    return {image.sha256: image.pool for image in Corpus.open(root).images}


def test_image_is_measured_upright(folder: Path, make_photo: Callable[..., Image.Image]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = make_photo(5, width=300, height=400)
    upright.transpose(Image.Transpose.ROTATE_90).save(folder / "turned.png", exif=exif)
    index_corpus(folder, workers=1)

    image = next(image for image in Corpus.open(folder).images if image.path == "turned.png")

    assert (image.width, image.height) == (300, 400)
    assert image.phash == str(imagehash.phash(upright))
    assert image.sha256 == hashlib.sha256((folder / "turned.png").read_bytes()).hexdigest()


def test_workers_give_what_one_process_gives(tmp_path: Path, save_photo: SavePhoto) -> None:
    for seed in range(IN_PROCESS_FILES + 4):
        save_photo(tmp_path / f"{seed}.png", seed)
    seen: list[tuple[int, int]] = []
    index_corpus(tmp_path, workers=2, on_progress=lambda done, total: seen.append((done, total)))
    by_two = (tmp_path / INDEX).read_bytes()
    (tmp_path / INDEX).unlink()
    index_corpus(tmp_path, workers=1)

    assert (tmp_path / INDEX).read_bytes() == by_two
    assert seen == [(done, IN_PROCESS_FILES + 4) for done in range(1, IN_PROCESS_FILES + 5)]


def test_unchanged_files_are_not_read(folder: Path) -> None:
    index_corpus(folder)
    for path in folder.rglob("*.png"):
        spoil(path)

    summary = index_corpus(folder)

    assert (summary.images, summary.new, summary.unchanged) == (3, 0, 3)


def test_index_of_an_unchanged_folder_is_left_alone(folder: Path) -> None:
    index_corpus(folder)
    before = (folder / INDEX).stat()
    index_corpus(folder)

    assert (folder / INDEX).stat().st_ino == before.st_ino


def test_index_is_replaced_and_never_written_over(folder: Path, save_photo: SavePhoto) -> None:
    index_corpus(folder)
    before = (folder / INDEX).read_bytes()
    (folder / "earlier").hardlink_to(folder / INDEX)
    save_photo(folder / "d.png", 7)
    index_corpus(folder)

    assert (folder / INDEX).read_bytes() != before
    assert (folder / "earlier").read_bytes() == before


def test_only_new_files_are_read(folder: Path, save_photo: SavePhoto) -> None:
    index_corpus(folder)
    for path in folder.rglob("*.png"):
        spoil(path)
    save_photo(folder / "d.png", 7)

    summary = index_corpus(folder)

    assert (summary.images, summary.new, summary.unchanged) == (4, 1, 3)


def test_changed_file_is_read_again(folder: Path, save_photo: SavePhoto) -> None:
    index_corpus(folder)
    save_photo(folder / "a.png", 8)

    summary = index_corpus(folder)

    digests = {image.path: image.sha256 for image in Corpus.open(folder).images}
    assert (summary.new, summary.unchanged) == (1, 2)
    assert digests["a.png"] == hashlib.sha256((folder / "a.png").read_bytes()).hexdigest()


def test_removed_file_is_gone(folder: Path) -> None:
    index_corpus(folder)
    (folder / "a.png").unlink()

    assert index_corpus(folder).removed == 1
    assert [image.path for image in Corpus.open(folder).images] == ["b.png", "sub/c.png"]


def test_moved_file_keeps_its_pool(folder: Path) -> None:
    index_corpus(folder)
    before = pools(folder)
    (folder / "a.png").rename(folder / "sub/z.png")
    index_corpus(folder, seed=99)

    assert pools(folder) == before


def test_changed_annotation_is_read_again(folder: Path, write_lines: WriteLines) -> None:
    index_corpus(folder)
    write_lines(folder / "metadata.jsonl", [{"file_name": "a.png", "license": "CC0-1.0"}])
    index_corpus(folder)

    assert Corpus.open(folder).images[0].license == "CC0-1.0"


def test_undecodable_file_is_not_read_again(folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"x")
    index_corpus(folder)

    summary = index_corpus(folder, min_side=100)

    assert (summary.new, summary.rejected) == (0, {"undecodable": 1})


def test_unreadable_file_is_tried_again(folder: Path, save_photo: SavePhoto) -> None:
    (folder / "later.png").symlink_to(folder.parent / "later.png")
    assert index_corpus(folder).rejected == {"unreadable": 1}

    assert index_corpus(folder).new == 1


def test_pools_stay_and_the_user_is_told_when_seed_or_shares_differ(folder: Path, save_photo: SavePhoto) -> None:
    index_corpus(folder)
    before = pools(folder)
    save_photo(folder / "d.png", 7)

    summary = index_corpus(folder, seed=1, shares={"validation": 1.0})

    assert before.items() <= pools(folder).items()
    assert set(pools(folder).values()) - set(before.values()) <= {"validation"}
    assert "keep the pools drawn with seed 0" in summary.notes[0]


def test_settings_stay_unless_others_are_given(folder: Path) -> None:
    index_corpus(folder, seed=5, shares={"test": 1.0}, near_duplicate_distance=3, min_side=20)
    before = Corpus.open(folder).settings
    summary = index_corpus(folder)

    assert Corpus.open(folder).settings == before
    assert summary.notes == ()


def test_image_that_was_too_small_for_a_while_keeps_its_pool(folder: Path, save_photo: SavePhoto) -> None:
    index_corpus(folder, shares={"test": 1.0})
    save_photo(folder / "large.png", 7, width=400, height=400)
    assert index_corpus(folder, min_side=350).rejected == {"too small": 3}
    index_corpus(folder, min_side=100, shares={"train": 1.0})

    assert [image.pool for image in Corpus.open(folder).images] == ["test", "test", "test", "test"]


def spoil(path: Path) -> None:
    """Changes the bytes of a file, but neither its size nor its time: only reading it can tell."""
    status = path.stat()
    path.write_bytes(b"\0" * status.st_size)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_reasons_are_counted(folder: Path, save_photo: SavePhoto) -> None:
    save_photo(folder / "tiny.png", 5, width=400, height=20)
    (folder / "note.jpg").write_text("text")
    (folder / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (folder / "gone.png").symlink_to(folder / "nowhere.png")

    summary = index_corpus(folder)

    assert summary.rejected == {"too small": 1, "undecodable": 2, "unreadable": 1}
    assert summary.images == 3


def test_reason_of_a_small_image_gives_its_size(folder: Path, save_photo: SavePhoto) -> None:
    save_photo(folder / "tiny.png", 5, width=400, height=20)
    index_corpus(folder)

    assert [tuple(reject) for reject in Corpus.open(folder).rejects] == [
        ("tiny.png", "too small: 400×20, shorter side under 256", "rejected")
    ]


def test_repeated_bytes_are_kept_once_under_the_smallest_path(folder: Path) -> None:
    (folder / "sub/a.png").write_bytes((folder / "b.png").read_bytes())
    summary = index_corpus(folder)

    assert summary.duplicates == 1
    assert statuses(folder) == {"sub/a.png": "duplicate"}


SAID = {
    "of the other file alone": ({"sub/a.png": "CC0"}, "CC0"),
    "of both": ({"sub/a.png": "CC0", "b.png": "CC-BY-4.0"}, "CC-BY-4.0"),
    "of two others": ({"sub/z.png": "CC0", "sub/a.png": "CC-BY-4.0"}, "CC0"),
    "of none": ({}, "unknown"),
}


@pytest.mark.parametrize("said", SAID)
def test_what_is_said_of_the_same_bytes_is_said_of_the_image(
    folder: Path, write_lines: Callable[..., Path], said: str
) -> None:
    for name in ("sub/a.png", "sub/z.png"):
        (folder / name).write_bytes((folder / "b.png").read_bytes())
    licenses, expected = SAID[said]
    write_lines(
        folder / "metadata.jsonl", [{"file_name": name, "license": licence} for name, licence in licenses.items()]
    )
    index_corpus(folder)
    corpus = Corpus.open(folder)
    assert {image.path: image.license for image in corpus.images}["b.png"] == expected
    assert not corpus.problems


def test_image_between_two_pools_is_withheld(tmp_path: Path, make_photo: Callable[..., Image.Image]) -> None:
    one, other = make_photo(1), make_photo(2)
    one.save(tmp_path / "one.png")
    index_corpus(tmp_path, near_duplicate_distance=10, shares={"train": 1.0})
    Image.blend(one, other, 0.5).save(tmp_path / "other.png")
    index_corpus(tmp_path, shares={"test": 1.0})
    Image.blend(one, other, 0.3).save(tmp_path / "between.png")

    summary = index_corpus(tmp_path)

    assert summary.withheld == 1
    assert statuses(tmp_path) == {"between.png": "withheld"}
    assert {image.path: image.pool for image in Corpus.open(tmp_path).images} == {
        "one.png": "train",
        "other.png": "test",
    }


def test_near_duplicates_share_cluster_and_pool(folder: Path) -> None:
    Image.open(folder / "a.png").save(folder / "again.jpg", quality=90)
    index_corpus(folder)

    images = {image.path: image for image in Corpus.open(folder).images}

    assert images["a.png"].cluster == images["again.jpg"].cluster
    assert images["a.png"].cluster == min(images["a.png"].sha256, images["again.jpg"].sha256)
    assert images["a.png"].pool == images["again.jpg"].pool


def boxes_said(folder: Path, write_lines: WriteLines, *boxes: list[float]) -> list[tuple[int, ...]]:
    objects = {"bbox": boxes, "category": ["cat"] * len(boxes)}
    write_lines(folder / "metadata.jsonl", [{"file_name": "a.png", "objects": objects}])
    index_corpus(folder)
    return [thing.bbox for thing in Corpus.open(folder).images[0].objects]


def test_corners_are_those_of_the_box(folder: Path, write_lines: WriteLines) -> None:
    assert boxes_said(folder, write_lines, [10, 20, 30, 40]) == [(10, 20, 40, 60)]


def test_box_that_sticks_out_by_two_pixels_is_clipped(folder: Path, write_lines: WriteLines) -> None:
    assert boxes_said(folder, write_lines, [-2, -1, 324, 303]) == [(0, 0, 320, 300)]
    assert Corpus.open(folder).problems == ()


@pytest.mark.parametrize("box", [[-3, 0, 50, 50], [0, 0, 323, 50], [0, 0, 5, 303], [500, 10, 5, 5], [320, 0, 2, 9]])
def test_box_further_out_costs_the_objects_and_is_listed(
    folder: Path, write_lines: WriteLines, box: list[float]
) -> None:
    assert boxes_said(folder, write_lines, [1, 1, 5, 5], box) == []
    assert [(problem.path, problem.place, problem.kind) for problem in Corpus.open(folder).problems] == [
        ("metadata.jsonl", "line 1", "box out of bounds")
    ]


def test_image_that_is_annotated_twice_keeps_the_first(folder: Path, write_lines: WriteLines) -> None:
    lines = [{"file_name": "a.png", "license": name} for name in ("CC0-1.0", "MIT")]
    write_lines(folder / "metadata.jsonl", lines)

    summary = index_corpus(folder)

    assert summary.problems == {"annotated twice": 1}
    assert Corpus.open(folder).images[0].license == "CC0-1.0"


def test_coco_boxes_for_another_size_are_not_used(folder: Path) -> None:
    document = {
        "categories": [{"id": 1, "name": "cat"}],
        "images": [{"id": 1, "file_name": "a.png", "width": 300, "height": 320}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]}],
    }
    (folder / "instances_x.json").write_text(json.dumps(document))

    summary = index_corpus(folder)

    assert (summary.annotated, summary.problems) == (0, {"declared size is not that of the upright image": 1})


def test_attributes_come_back_with_their_types(folder: Path, write_lines: WriteLines) -> None:
    attributes = {"colour": "red", "rank": 1, "weight": 1.0, "digits": "007"}
    objects = {"bbox": [[1, 1, 5, 5]], "category": ["cat"], "attributes": [attributes]}
    write_lines(folder / "metadata.jsonl", [{"file_name": "a.png", "objects": objects}])
    index_corpus(folder)

    read = Corpus.open(folder).images[0].objects[0].attributes

    assert {name: (type(value), value) for name, value in read.items()} == {
        name: (type(value), value) for name, value in attributes.items()
    }
