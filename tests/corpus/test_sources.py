"""The contract of all image sources, and what each reads."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mifg_pipeline.corpus.annotations import Annotation, DeclaredObject
from mifg_pipeline.corpus.coco import CocoSource
from mifg_pipeline.corpus.folder import Listing, list_folder
from mifg_pipeline.corpus.image_folder import ImageFolderSource
from mifg_pipeline.corpus.problems import Problem
from mifg_pipeline.corpus.sources import AnnotatedImage, ImageSource

Box = list[Any]
Declare = Callable[[Path, dict[str, list[tuple[Any, Any]]]], None]


def declare_in_metadata(root: Path, images: dict[str, list[tuple[Any, Any]]]) -> None:
    """Says of each image which (box, category) it holds, and that it is CC0."""
    lines = [
        {
            "file_name": name,
            "license": "CC0-1.0",
            "objects": {"bbox": [box for box, _ in things], "category": [category for _, category in things]},
        }
        for name, things in images.items()
    ]
    (root / "metadata.jsonl").write_text("\n".join(map(json.dumps, lines)))


def declare_in_coco(root: Path, images: dict[str, list[tuple[Any, Any]]]) -> None:
    names = [category for things in images.values() for _, category in things]
    document = {
        "licenses": [{"id": 4, "name": "CC0-1.0"}],
        "categories": [{"id": index, "name": name} for index, name in enumerate(names)],
        "images": [{"id": index, "file_name": name, "license": 4} for index, name in enumerate(images)],
        "annotations": [
            {"id": 10 * index + place, "image_id": index, "bbox": box, "category_id": names.index(category)}
            for index, things in enumerate(images.values())
            for place, (box, category) in enumerate(things)
        ],
    }
    (root / "instances_photos.json").write_text(json.dumps(document))


@pytest.fixture(params=["image folder", "COCO"])
def seam(request: pytest.FixtureRequest) -> tuple[Declare, Callable[[Path, Listing], ImageSource]]:
    return {
        "image folder": (declare_in_metadata, ImageFolderSource),
        "COCO": (declare_in_coco, CocoSource),
    }[request.param]


def read(source: Callable[[Path, Listing], ImageSource], root: Path) -> tuple[list[AnnotatedImage], list[Problem]]:
    problems: list[Problem] = []
    return list(source(root, list_folder(root)).annotated_images(problems)), problems


def test_source_yields_what_is_said_of_each_image(seam: Any, folder: Path) -> None:
    declare, source = seam
    declare(folder, {"a.png": [([1.5, 2, 3.2, 4], "cat")], "sub/c.png": []})

    images, problems = read(source, folder)

    assert [(image.path, image.annotation.license) for image in images] == [
        ("a.png", "CC0-1.0"),
        ("sub/c.png", "CC0-1.0"),
    ]
    first = images[0].annotation.objects[0]
    assert (first.corners, first.category) == ((1, 2, 5, 6), "cat")
    assert problems == []


def test_image_that_is_missing_is_a_problem(seam: Any, folder: Path) -> None:
    declare, source = seam
    declare(folder, {"gone.png": [], "a.png": []})

    images, problems = read(source, folder)

    assert [image.path for image in images] == ["a.png"]
    assert [problem.kind for problem in problems] == ["no such image"]


@pytest.mark.parametrize(
    "box",
    [
        [0, 0, 0, 5],
        [0, 0, 5, -1],
        [0, 0, 5],
        [float("nan"), 0, 5, 5],
        [0, 0, float("inf"), 5],
        [0, 0, 10**400, 5],
        ["0", 0, 5, 5],
        [True, 0, 5, 5],
        None,
        {"x": 1},
    ],
)
def test_unusable_box_costs_the_objects_but_not_the_image(seam: Any, folder: Path, box: Any) -> None:
    declare, source = seam
    declare(folder, {"a.png": [([1, 1, 5, 5], "cat"), (box, "dog")]})

    images, problems = read(source, folder)

    assert [(image.path, image.annotation.objects) for image in images] == [("a.png", ())]
    assert [problem.kind for problem in problems] in (
        [["box has no area"], ["box is not four finite numbers x, y, width, height"]]
    )


@pytest.mark.parametrize("category", [7, "", ["cat"], {"name": "cat"}, "lone \ud800 surrogate"])
def test_hostile_category_is_a_problem(seam: Any, folder: Path, category: Any) -> None:
    declare, source = seam
    declare(folder, {"a.png": [([1, 1, 5, 5], category)]})

    images, problems = read(source, folder)

    assert images[0].annotation.objects == ()
    assert len(problems) == 1
    assert problems[0].kind.startswith("category is")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"[" * 100_000, b"null", b'"text"', b"{", b"[1, 2]", b"7"])
def test_broken_file_is_a_problem(seam: Any, folder: Path, content: bytes) -> None:
    declare, source = seam
    declare(folder, {"a.png": []})
    (next(folder.glob("*.json*"))).write_bytes(content)

    images, problems = read(source, folder)

    assert images == []
    assert len(problems) == 1
    assert problems[0].kind.startswith("not ")


def test_file_name_cannot_leave_the_folder(seam: Any, folder: Path, save_photo: Callable[..., Path]) -> None:
    declare, source = seam
    outside = save_photo(folder.parent / "secret.png", 9)
    declare(folder, {"../secret.png": [], str(outside): []})

    images, problems = read(source, folder)

    assert images == []
    assert [problem.kind for problem in problems] == ["no such image", "no such image"]


def test_metadata_fields_are_read(folder: Path, write_lines: Callable[..., Path]) -> None:
    record = {
        "file_name": "c.png",
        "license": "CC-BY-4.0",
        "attribution": "Ada Lovelace",
        "source": "https://example.org/c",
        "caption": "Ein Hündchen",
        "categories": ["dog"],
        "objects": {
            "bbox": [[1, 2, 30, 40], [5, 5, 6, 6]],
            "category": ["sign", "ball"],
            "text": ["AB 12", None],
            "attributes": [{"colour": "red", "rank": 2, "weight": 0.5, "note": None}, None],
        },
    }
    write_lines(folder / "sub/metadata.jsonl", [record])

    images, problems = read(ImageFolderSource, folder)

    assert problems == []
    assert images == [
        AnnotatedImage(
            path="sub/c.png",
            file="sub/metadata.jsonl",
            place="line 1",
            annotation=Annotation(
                license="CC-BY-4.0",
                attribution="Ada Lovelace",
                source="https://example.org/c",
                caption="Ein Hündchen",
                categories=("dog",),
                objects=(
                    DeclaredObject((1, 2, 31, 42), "sign", "AB 12", {"colour": "red", "rank": 2, "weight": 0.5}),
                    DeclaredObject((5, 5, 11, 11), "ball", None, {}),
                ),
            ),
        )
    ]


def test_broken_lines_are_listed_with_their_numbers(folder: Path, write_lines: Callable[..., Path]) -> None:
    write_lines(
        folder / "metadata.jsonl",
        ['{"file_name": "a.png"', "", {"file_name": "a.png"}, b"\xff", {"caption": "of nothing"}, {"file_name": 3}],
    )

    images, problems = read(ImageFolderSource, folder)

    assert [image.path for image in images] == ["a.png"]
    assert [(problem.place, problem.kind) for problem in problems] == [
        ("line 1", "not JSON"),
        ("line 4", "not UTF-8"),
        ("line 5", "no file_name"),
        ("line 6", "file_name is not text"),
    ]


@pytest.mark.parametrize(
    "objects",
    [
        {"bbox": [[1, 1, 5, 5]], "category": ["cat", "dog"]},
        {"bbox": [[1, 1, 5, 5]], "category": ["cat"], "text": []},
        {"bbox": [[1, 1, 5, 5]], "category": ["cat"], "attributes": {"colour": "red"}},
        {"bbox": [[1, 1, 5, 5]]},
        {"category": ["cat"]},
        [{"bbox": [1, 1, 5, 5], "category": "cat"}],
        {"bbox": [[1, 1, 5, 5]], "category": ["cat"], "attributes": [{"colour": ["red"]}]},
        {"bbox": [[1, 1, 5, 5]], "category": ["cat"], "attributes": [{"size": float("nan")}]},
        {"bbox": [[1, 1, 5, 5]], "category": ["cat"], "attributes": [{"flag": True}]},
        {"bbox": [[1, 1, 5, 5]], "category": ["cat"], "text": [12]},
    ],
)
def test_objects_that_are_not_in_the_convention_are_a_problem(
    folder: Path, write_lines: Callable[..., Path], objects: Any
) -> None:
    write_lines(folder / "metadata.jsonl", [{"file_name": "a.png", "license": "CC0-1.0", "objects": objects}])

    images, problems = read(ImageFolderSource, folder)

    assert (images[0].annotation.license, images[0].annotation.objects) == ("CC0-1.0", ())
    assert len(problems) == 1


@pytest.mark.parametrize("field", ["license", "attribution", "source", "caption", "categories"])
@pytest.mark.parametrize("value", [7, {"a": 1}, True, [3], "\ud800"])
def test_hostile_field_is_left_out_and_listed(
    folder: Path, write_lines: Callable[..., Path], field: str, value: Any
) -> None:
    write_lines(folder / "metadata.jsonl", [{"file_name": "a.png", field: value}])

    images, problems = read(ImageFolderSource, folder)

    assert images[0].annotation == Annotation()
    assert [problem.place for problem in problems] == ["line 1"]


def coco_document(**changes: Any) -> dict[str, Any]:
    return {
        "licenses": [{"id": 1, "name": "CC0-1.0", "url": "https://example.org"}],
        "categories": [{"id": 18, "name": "dog"}],
        "images": [{"id": 1, "file_name": "a.png", "license": 1, "width": 320, "height": 300, "flickr_url": "f"}],
        "annotations": [
            {
                "id": 5,
                "image_id": 1,
                "category_id": 18,
                "bbox": [10.25, 20.75, 30.5, 40.25],
                "iscrowd": 0,
                "area": 812.5,
                "segmentation": [[1, 2, 3, 4]],
            }
        ],
        **changes,
    }


def write_coco(root: Path, document: Any, name: str = "annotations/instances_val.json") -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


def test_coco_boxes_are_rounded_outwards_and_crowds_kept(folder: Path) -> None:
    write_coco(folder, coco_document())

    images, problems = read(CocoSource, folder)

    assert problems == []
    assert images[0].annotation == Annotation(
        license="CC0-1.0",
        source="f",
        categories=("dog",),
        objects=(DeclaredObject((10, 20, 41, 61), "dog", None, {"iscrowd": 0, "area": 812.5}),),
        size=(320, 300),
    )


def test_coco_image_is_found_below_any_folder(folder: Path) -> None:
    write_coco(folder, coco_document(images=[{"id": 1, "file_name": "c.png"}]))

    assert [image.path for image in read(CocoSource, folder)[0]] == ["sub/c.png"]


def test_coco_split_decides_between_images_of_one_name(folder: Path, save_photo: Callable[..., Path]) -> None:
    for seed, split in enumerate(("train", "val")):
        save_photo(folder / split / "1.png", seed)
    write_coco(folder, coco_document(images=[{"id": 1, "file_name": "1.png"}]))

    assert [image.path for image in read(CocoSource, folder)[0]] == ["val/1.png"]


def test_coco_name_without_a_decision_is_a_problem(folder: Path, save_photo: Callable[..., Path]) -> None:
    for seed, split in enumerate(("one", "two")):
        save_photo(folder / split / "1.png", seed)
    write_coco(folder, coco_document(images=[{"id": 1, "file_name": "1.png"}], annotations=[]))

    images, problems = read(CocoSource, folder)

    assert (images, [problem.kind for problem in problems]) == ([], ["ambiguous file_name"])


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"annotations": [{"id": 1, "image_id": 99, "category_id": 18, "bbox": [1, 1, 2, 2]}]}, "no such image_id"),
        ({"annotations": [{"id": 1, "image_id": [1], "category_id": 18}]}, "no such image_id"),
        ({"annotations": [{"id": 1, "image_id": 1, "category_id": 3, "bbox": [1, 1, 2, 2]}]}, "no such category_id"),
        ({"annotations": [], "images": [{"id": 1, "file_name": "a.png", "license": 9}]}, "no such license"),
        ({"annotations": [], "images": [{"id": {}, "file_name": "a.png"}]}, "image without id"),
        ({"annotations": [], "images": [{"id": 1}]}, "no file_name"),
        ({"annotations": [], "images": [7]}, "not COCO"),
        ({"annotations": {}}, "not COCO"),
    ],
)
def test_coco_reference_that_leads_nowhere_is_a_problem(folder: Path, changes: dict[str, Any], kind: str) -> None:
    write_coco(folder, coco_document(**changes))

    assert [problem.kind for problem in read(CocoSource, folder)[1]] == [kind]
