"""Questions as they come back from an exported dataset."""

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tiny_dataset import tiny_row, write_tiny_dataset

from mifg_pipeline.errors import MifgError
from mifg_pipeline.export.columns import COLUMNS
from mifg_pipeline.export.features import schema_with_features
from mifg_pipeline.items import Answer, Tolerance
from mifg_pipeline.train.data import load_questions


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))


def write_rows(folder: Path, rows: list[dict]) -> Path:
    (folder / "data").mkdir(parents=True)
    table = pa.Table.from_pylist(rows, schema_with_features(COLUMNS))
    pq.write_table(table, folder / "data" / "train-00000-of-00001.parquet")
    return folder


def written(folder: Path, **columns: object) -> Path:
    return write_rows(folder, [tiny_row("one", 2, 56, random.Random(0)) | columns])


@pytest.mark.parametrize(
    ("columns", "answer"),
    [
        ({"answer": "B", "answer_kind": "choice"}, Answer(kind="choice", value="B")),
        ({"answer": "12", "answer_kind": "integer", "unit": "birds"}, Answer(kind="integer", value=12, unit="birds")),
        (
            {"answer": "1.5", "answer_kind": "number", "tolerance": {"absolute": 0.1, "relative": 0.0}},
            Answer(kind="number", value=1.5, tolerance=Tolerance(absolute=0.1)),
        ),
        ({"answer": "no", "answer_kind": "boolean"}, Answer(kind="boolean", value=False)),
        ({"answer": "Ü2", "answer_kind": "text", "aliases": ["U"]}, Answer(kind="text", value="Ü2", aliases=("U",))),
        (
            {"answer": "1, 3", "answer_kind": "list", "ordered": False},
            Answer(kind="list", value=("1", "3"), ordered=False),
        ),
    ],
)
def test_answers_come_back_in_their_types(tmp_path, columns, answer):
    (question,) = load_questions(written(tmp_path / "data", **columns), "train")
    assert question.answer == answer


def test_images_and_evidence_come_back(tmp_path):
    (question,) = load_questions(written(tmp_path / "data"), "train")
    assert [image.pixels().shape for image in question.images] == [(56, 56, 3), (56, 56, 3)]
    assert question.evidence[0].label == "square"


def test_a_question_is_found_by_its_key(tmp_path):
    write_tiny_dataset(tmp_path / "data")
    questions = load_questions(tmp_path / "data", "train")
    assert questions.by_key("train-3").text == questions[3].text
    with pytest.raises(MifgError, match="no question train-9"):
        questions.by_key("train-9")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"images": []}, "has no images"),
        ({"images": [{"bytes": None, "path": "elsewhere.png"}]}, "outside of the dataset"),
        ({"answer": "maybe", "answer_kind": "integer"}, "cannot be read"),
        ({"answer": "maybe", "answer_kind": "boolean"}, "cannot be read"),
    ],
)
def test_a_row_that_is_no_question_is_named(tmp_path, change, fault):
    with pytest.raises(MifgError, match=f"Question one .*{fault}"):
        load_questions(written(tmp_path / "data", **change), "train")[0]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"images": []}, "has no images"),
        ({"images": [{"bytes": None, "path": "elsewhere.png"}]}, "outside of the dataset"),
        ({"images": [{"bytes": b"", "path": "empty.png"}]}, "outside of the dataset"),
        ({"answer": "maybe", "answer_kind": "integer"}, "invalid literal"),
        ({"answer": "maybe", "answer_kind": "boolean"}, "'maybe', not yes or no"),
        ({"answer_kind": "colour"}, "kind: "),
    ],
)
def test_a_row_that_is_no_question_is_named_before_it_is_drawn(tmp_path, change, fault):
    rows = [tiny_row(name, 2, 56, random.Random(0)) for name in ("one", "two", "three")]
    write_rows(tmp_path / "data", [rows[0], rows[1] | change, rows[2]])
    with pytest.raises(MifgError, match=f"^Question two .*{fault}") as refused:
        load_questions(tmp_path / "data", "train").require_playable(2)
    assert "\n" not in str(refused.value)


def test_an_image_that_is_none_is_named_with_its_question(tmp_path):
    (question,) = load_questions(written(tmp_path / "data", images=[{"bytes": b"none", "path": "a.png"}]), "train")
    with pytest.raises(MifgError, match="Image 1 of question one cannot be used as an image"):
        question.images[0].pixels()


def test_questions_with_more_images_than_an_episode_are_counted(tmp_path):
    write_rows(
        tmp_path / "data", [tiny_row(name, size, 56, random.Random(0)) for name, size in (("one", 2), ("two", 3))]
    )
    questions = load_questions(tmp_path / "data", "train")
    questions.require_playable(3)
    with pytest.raises(MifgError, match=r"1 of 2 questions, such as two, have more images .*: 2\."):
        questions.require_playable(2)


def test_missing_columns_are_named(tmp_path):
    write_tiny_dataset(tmp_path / "data", drop=("images", "answer_kind"))
    with pytest.raises(MifgError, match="lacks the columns images, answer_kind"):
        load_questions(tmp_path / "data", "train")


@pytest.mark.parametrize(("rows", "fault"), [(0, "has no rows"), (None, "no exported dataset")])
def test_an_empty_or_missing_dataset_is_named(tmp_path, rows, fault):
    if rows is not None:
        write_tiny_dataset(tmp_path / "data", rows=rows)
    with pytest.raises(MifgError, match=fault):
        load_questions(tmp_path / "data", "train")
