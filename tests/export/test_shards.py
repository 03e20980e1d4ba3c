"""Shards: sizes, names, row groups and the features in their metadata."""

import json

import pyarrow.parquet as pq
import pytest

from mifg_pipeline.export.columns import COLUMNS, row_of
from mifg_pipeline.export.features import schema_with_features
from mifg_pipeline.export.selection import Entry
from mifg_pipeline.export.shards import GROUP_ROWS, SplitWriter


@pytest.fixture
def row(made):
    item = made.items[0]
    return row_of(Entry(item, "candidate"), [bytes([index]) * 1000 for index in range(len(item.images))])


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def write(folder, rows, **options):
    writer = SplitWriter(folder, "train", COLUMNS, **options)
    for row in rows:
        writer.write(row)
    return writer.finish()


def test_a_new_shard_begins_at_the_size(folder, row):
    files = write(folder, [row] * 7, shard_bytes=6000)
    assert sorted(path.name for path in folder.iterdir()) == [
        f"train-0000{index}-of-00004.parquet" for index in range(4)
    ]
    assert [pq.read_metadata(path).num_rows for path in sorted(folder.iterdir())] == [2, 2, 2, 1]
    assert files.rows == 7
    assert files.file_bytes == sum(path.stat().st_size for path in folder.iterdir())


def test_rows_keep_their_order_across_shards(folder, row):
    write(folder, [{**row, "id": str(index)} for index in range(7)], shard_bytes=6000)
    ids = [value for path in sorted(folder.iterdir()) for value in pq.read_table(path)["id"].to_pylist()]
    assert ids == [str(index) for index in range(7)]


def test_row_groups_stay_small(folder, row):
    write(folder, [row] * (2 * GROUP_ROWS + 1))
    metadata = pq.read_metadata(folder / "train-00000-of-00001.parquet")
    assert [metadata.row_group(index).num_rows for index in range(3)] == [GROUP_ROWS, GROUP_ROWS, 1]


def test_features_are_spelt_so_that_old_and_new_datasets_read_them(folder, row):
    write(folder, [row])
    metadata = pq.read_schema(folder / "train-00000-of-00001.parquet").metadata[b"huggingface"]
    features = json.loads(metadata)["info"]["features"]
    assert features["images"] == [{"_type": "Image"}]
    assert features["evidence"][0]["bbox"] == [{"dtype": "int32", "_type": "Value"}]
    assert not {b'"List"', b'"Sequence"', b'"LargeList"'} & set(
        metadata.replace(b":", b" ").replace(b",", b" ").split()
    )


def test_declared_features_fit_the_columns():
    from datasets import Features

    schema = schema_with_features(COLUMNS)
    declared = Features.from_dict(json.loads(schema.metadata[b"huggingface"])["info"]["features"])
    assert declared.arrow_schema.remove_metadata().equals(COLUMNS)


def test_what_fails_in_the_background_is_not_lost(folder, row, monkeypatch):
    def full(self, table):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pyarrow.parquet.ParquetWriter.write_table", full)
    with pytest.raises(OSError, match="No space left"):
        write(folder, [row])
