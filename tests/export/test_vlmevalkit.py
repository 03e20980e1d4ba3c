"""Names and sizes of the tables for VLMEvalKit, which keeps images and predictions by the name of a table."""

import ast
import base64
import csv
import io

import pytest
from PIL import Image

from mifg_pipeline.export import vlmevalkit
from mifg_pipeline.export.plain_images import PlainImages
from mifg_pipeline.export.selection import Entry
from mifg_pipeline.export.vlmevalkit import VLMEvalKitWriter
from mifg_pipeline.items import Answer, ImageRef

IMAGES = [ImageRef(sha256=digit * 64, path="a.png", width=8, height=8, phash="0" * 16) for digit in "ab"]

LIMIT = 800
"""Bytes that two rows fit into, and three do not."""


def png(shade):
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, shade, shade)).save(file, "png")
    return file.getvalue()


@pytest.fixture
def write(make_item, tmp_path):
    """Writes a question for each name and returns the names of the tables with their rows."""

    def write_into(folder, questions):
        writer = VLMEvalKitWriter(tmp_path / folder, PlainImages(tmp_path / f"{folder} plain"))
        for attempt, question in enumerate(questions):
            key = Answer(kind="choice", value="A")
            item = make_item(IMAGES, "test", attempt=attempt, question=question, options=("left", "right"), answer=key)
            writer.write(Entry(item, "candidate"), [png(attempt), png(100)])
        writer.finish()
        return {path.name: rows_of(path) for path in sorted((tmp_path / folder).iterdir())}

    return write_into


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_equal_content_has_one_name(write):
    assert write("one", ["Where?", "Who?"]).keys() == write("other", ["Where?", "Who?"]).keys()


def test_another_content_has_another_name(write):
    assert not write("one", ["Where?"]).keys() & write("other", ["Who?"]).keys()


def test_a_table_that_is_full_goes_on_in_another(write, monkeypatch):
    questions = [f"Where is thing {number}?" for number in range(5)]
    ((_, whole),) = write("whole", questions).items()
    monkeypatch.setattr(vlmevalkit, "PART_BYTES", LIMIT)
    parts = write("parts", questions)
    assert [name.rpartition("_")[0] for name in parts] == [f"MIFG-QA_TEST-{number}-OF-3" for number in (1, 2, 3)]
    assert [row for rows in parts.values() for row in rows] == whole


def test_no_table_is_larger_than_the_limit(write, monkeypatch, tmp_path):
    monkeypatch.setattr(vlmevalkit, "PART_BYTES", LIMIT)
    write("parts", [f"Where is thing {number}?" for number in range(5)])
    assert all(path.stat().st_size <= LIMIT for path in (tmp_path / "parts").iterdir())


def test_images_stand_in_a_list_that_python_reads(write):
    ((_, (row,)),) = write("one", ["Where?"]).items()
    assert [base64.b64decode(text) for text in ast.literal_eval(row["image"])] == [png(0), png(100)]
