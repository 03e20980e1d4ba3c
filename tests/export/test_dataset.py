"""The exported folder, read back by the libraries that people read it with."""

import hashlib
import io
import json

import pyarrow.dataset
import pytest
from PIL import Image

from mifg_pipeline.errors import MifgError
from mifg_pipeline.export import export_dataset
from mifg_pipeline.items import POOLS, Probe
from mifg_pipeline.store.review_records import Edits


def rows_of(folder):
    return pyarrow.dataset.dataset(folder / "data").to_table().to_pylist()


def files_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def exported(made, tmp_path):
    export_dataset(made.selection(), tmp_path / "out")
    return tmp_path / "out"


def test_datasets_reads_each_pool_as_a_split(made, exported, load):
    dataset = load(exported)
    assert {split: list(dataset[split]["id"]) for split in dataset} == {
        pool: [item.id for item in made.items if item.pool == pool] for pool in POOLS
    }


def test_datasets_gives_lists_of_upright_images(made, exported, load):
    dataset = load(exported)
    sizes = {row["id"]: [image.size for image in row["images"]] for split in dataset.values() for row in split}
    assert sizes == {item.id: [(image.width, image.height) for image in item.images] for item in made.items}


def test_datasets_streams_the_same_rows(exported, load):
    streamed = load(exported, streaming=True)["test"]
    assert [row["id"] for row in streamed] == list(load(exported)["test"]["id"])


def test_features_are_those_of_a_hugging_face_dataset(exported, load):
    from datasets import Image as ImageFeature
    from datasets import List, Value

    features = load(exported)["train"].features
    assert features["images"] == List(ImageFeature())
    assert features["options"] == List(Value("string"))
    assert features["evidence"] == List(
        {"image": Value("int32"), "bbox": List(Value("int32")), "label": Value("string")}
    )


def test_parquet_alone_gives_the_same_features_without_the_card(exported, load):
    features = load(exported)["train"].features
    (exported / "README.md").unlink()
    assert load(exported)["train"].features == features


def test_image_bytes_are_those_of_the_files(made, exported):
    stored = {row["id"]: [image["bytes"] for image in row["images"]] for row in rows_of(exported)}
    assert stored == {item.id: [made.file_of(image).read_bytes() for image in item.images] for item in made.items}


def test_image_names_are_unique_by_content_and_tell_the_format(exported):
    images = [image for row in rows_of(exported) for image in row["images"]]
    pairs = {(image["path"], hashlib.sha256(image["bytes"]).hexdigest()) for image in images}
    assert len({name for name, _ in pairs}) == len({digest for _, digest in pairs}) == len(pairs)
    for image in images:
        suffix = {"PNG": ".png", "JPEG": ".jpg"}[Image.open(io.BytesIO(image["bytes"])).format]
        assert image["path"].endswith(suffix)


def test_columns_hold_the_fields_of_the_items(made, exported):
    rows = {row["id"]: row for row in rows_of(exported)}
    for item in made.items:
        row = rows[item.id]
        assert row["question"] == item.question
        assert row["options"] == (None if item.options is None else list(item.options))
        assert row["answer_kind"] == item.answer.kind
        assert row["aliases"] == list(item.answer.aliases)
        assert row["tolerance"] == (item.answer.tolerance and item.answer.tolerance.model_dump())
        assert row["unit"] == item.answer.unit
        assert row["roles"] == list(item.roles)
        assert row["skills"] == list(item.skills)
        assert row["difficulty"] == item.difficulty
        assert row["pass_rate"] is None
        assert row["attributions"] == [image.attribution for image in item.images]
        assert row["pool"] == item.pool
        assert row["writer"] == item.provenance.writer
        assert row["evidence"] == [{"image": 0, "bbox": [2, 3, 30, 40], "label": "écrou ⚙"}]
        assert row["review"] == {"status": "candidate", "decision": None, "annotators": []}


def test_the_pass_rate_is_the_share_of_right_replies_in_the_difficulty_probe(made, tmp_path):
    first, *others = made.items
    focus = Probe(kind="focus", solver=("seer",), pixels=100, attempts=2, correct=1, answers=("A", "B"))
    difficulty = Probe(kind="difficulty", solver=("seer",), pixels=100, attempts=4, correct=3, answers=("A",) * 4)
    made.rewrite([first.model_copy(update={"probes": (focus, difficulty)}), *others])
    export_dataset(made.selection(), tmp_path / "out")
    rows = {row["id"]: row for row in rows_of(tmp_path / "out")}
    assert rows[first.id]["pass_rate"] == 0.75
    probes = json.loads(rows[first.id]["provenance"])["probes"]
    assert [(probe["kind"], probe["correct"], probe["attempts"]) for probe in probes] == [
        ("focus", 1, 2),
        ("difficulty", 3, 4),
    ]


@pytest.mark.parametrize(
    ("kind", "answer"),
    [("choice", "B"), ("integer", "3"), ("number", "2.5"), ("boolean", "no"), ("text", "HÄFEN"), ("list", "1, 2")],
)
def test_answer_is_what_a_right_reply_says(exported, kind, answer):
    assert {row["answer"] for row in rows_of(exported) if row["answer_kind"] == kind} == {answer}


def test_provenance_names_the_parents_of_derived_images(made, exported):
    parents = {
        row["id"]: [tuple(image["derived_from"]) for image in json.loads(row["provenance"])["images"]]
        for row in rows_of(exported)
    }
    assert parents == {item.id: [image.derived_from for image in item.images] for item in made.items}


def test_same_run_gives_the_same_bytes(made, exported, tmp_path):
    export_dataset(made.selection(), tmp_path / "again")
    assert files_of(tmp_path / "again") == files_of(exported)


def test_pools_without_items_give_no_split(made, tmp_path, load):
    made.rewrite(item for item in made.items if item.pool == "test")
    export_dataset(made.selection(), tmp_path / "out")
    assert list(load(tmp_path / "out")) == ["test"]


def test_verified_items_are_exported_as_people_left_them(made, tmp_path):
    accepted, rejected, edited, *_ = made.items
    made.judge("ana", accepted)
    made.judge("bo", accepted)
    made.judge("ana", rejected, "reject")
    made.judge("bo", edited, "edit", Edits(question="What does the sign say?"))
    export_dataset(made.selection("verified"), tmp_path / "out")
    assert [(row["question"], row["review"]) for row in rows_of(tmp_path / "out")] == [
        (accepted.question, {"status": "verified", "decision": "accept", "annotators": ["ana", "bo"]}),
        ("What does the sign say?", {"status": "verified", "decision": "edit", "annotators": ["bo"]}),
    ]


def test_without_verified_items_the_error_tells_how_to_review(made, tmp_path):
    with pytest.raises(MifgError) as caught:
        export_dataset(made.selection("verified"), tmp_path / "out")
    assert "mifg review pack" in caught.value.remedy
    assert "--status candidate" in caught.value.remedy
    assert not (tmp_path / "out").exists()


def test_an_earlier_export_is_replaced(made, exported):
    made.rewrite(made.items[:2])
    export_dataset(made.selection(), exported)
    assert [row["id"] for row in rows_of(exported)] == [item.id for item in made.items]
    assert {name for name in files_of(exported) if name.startswith("data/")} == {"data/train-00000-of-00001.parquet"}


def test_nothing_is_left_beside_the_export(exported):
    assert sorted(path.name for path in exported.parent.iterdir()) == ["out", "work"]
