"""What is found in a corpus folder."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mifg_pipeline.corpus.folder import list_folder

SavePhoto = Callable[..., Path]


def paths(root: Path) -> list[str]:
    return [file.path for file in list_folder(root).images]


def test_images_are_found_recursively_and_in_order(folder: Path) -> None:
    assert paths(folder) == ["a.png", "b.png", "sub/c.png"]


def test_other_files_and_hidden_ones_are_passed_over(folder: Path, save_photo: SavePhoto) -> None:
    (folder / "notes.txt").write_text("x")
    save_photo(folder / ".thumbnails/a.png", 1)
    save_photo(folder / "sub/.hidden.png", 1)

    assert paths(folder) == ["a.png", "b.png", "sub/c.png"]


def test_extension_counts_in_any_case(folder: Path) -> None:
    (folder / "b.png").rename(folder / "B.PNG")

    assert paths(folder) == ["B.PNG", "a.png", "sub/c.png"]


def test_loop_of_links_ends(folder: Path) -> None:
    (folder / "sub/up").symlink_to(folder, target_is_directory=True)
    (folder / "sub/self").symlink_to(folder / "sub/self")

    assert paths(folder) == ["a.png", "b.png", "sub/c.png"]


def test_link_to_an_image_folder_elsewhere_is_followed(folder: Path, tmp_path: Path, save_photo: SavePhoto) -> None:
    save_photo(tmp_path / "elsewhere/d.png", 4)
    (folder / "linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)

    assert "linked/d.png" in paths(folder)


def test_real_folder_is_listed_rather_than_a_link_to_it(folder: Path) -> None:
    (folder / "another").symlink_to(folder / "sub", target_is_directory=True)

    assert paths(folder) == ["a.png", "b.png", "sub/c.png"]


@pytest.mark.parametrize("name", ["日本 – Überblick 🪁.png", "n" * 251 + ".png", " leading space.png", "new\nline.png"])
def test_unusual_names_are_kept(folder: Path, name: str) -> None:
    (folder / "a.png").rename(folder / name)

    assert name in paths(folder)


def test_name_that_is_not_utf8_is_a_problem(folder: Path) -> None:
    os.rename(os.fsencode(folder / "a.png"), os.fsencode(folder) + b"/caf\xe9.png")  # noqa: PTH104

    listing = list_folder(folder)

    assert [file.path for file in listing.images] == ["b.png", "sub/c.png"]
    assert [(problem.path, problem.kind) for problem in listing.problems] == [
        ("caf\\xe9.png", "the name is not valid UTF-8")
    ]


def test_dangling_link_is_listed_for_the_index_to_refuse(folder: Path) -> None:
    (folder / "gone.png").symlink_to(folder / "nowhere.png")

    assert "gone.png" in paths(folder)


def test_annotation_files_are_found_where_they_belong(folder: Path) -> None:
    for name in ("metadata.jsonl", "sub/metadata.jsonl", "instances_a.json", "annotations/instances_b.json"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("")
    (folder / "sub/instances_c.json").write_text("")
    listing = list_folder(folder)

    assert [file.path for file in listing.metadata] == ["metadata.jsonl", "sub/metadata.jsonl"]
    assert [file.path for file in listing.coco] == ["annotations/instances_b.json", "instances_a.json"]
