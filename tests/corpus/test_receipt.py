"""An unchanged folder is known by the receipt of its index; a receipt that does not fit is of no effect."""

import os
from pathlib import Path

import pytest

from mifg_pipeline.corpus import IndexSummary, index_corpus
from mifg_pipeline.corpus.receipt import RECEIPT_NAME
from mifg_pipeline.errors import MifgError

INDEX = "corpus.parquet"


@pytest.fixture
def again(folder: Path) -> IndexSummary:
    """What a second indexing says of the folder, which has two rejected files and an annotation problem."""
    (folder / "broken.jpg").write_bytes(b"x")
    (folder / "metadata.jsonl").write_text("{")
    first = index_corpus(folder)
    return first.model_copy(update={"new": 0, "unchanged": first.new})


def zeroed(path: Path) -> None:
    """Changes the bytes of a file, but neither its size nor its time: only opening it can tell."""
    status = path.stat()
    path.write_bytes(b"\0" * status.st_size)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_index_of_an_unchanged_folder_is_not_opened(folder: Path, again: IndexSummary) -> None:
    zeroed(folder / INDEX)

    assert index_corpus(folder) == again


def test_index_of_a_changed_folder_is_opened(folder: Path, again: IndexSummary) -> None:
    zeroed(folder / INDEX)
    (folder / "a.png").unlink()

    with pytest.raises(MifgError, match="is damaged"):
        index_corpus(folder)


@pytest.mark.parametrize("spoil", [Path.unlink, zeroed, lambda path: path.write_text('{"schema_version": 2}')])
def test_without_a_receipt_the_index_says_the_same(folder: Path, again: IndexSummary, spoil) -> None:
    spoil(folder / RECEIPT_NAME)

    assert index_corpus(folder) == again


def test_receipt_of_another_index_is_not_believed(folder: Path, again: IndexSummary) -> None:
    (folder / INDEX).write_bytes(b"x")

    with pytest.raises(MifgError, match="is damaged"):
        index_corpus(folder)


def test_receipt_of_an_index_that_is_gone_is_not_believed(folder: Path, again: IndexSummary) -> None:
    (folder / INDEX).unlink()

    assert index_corpus(folder).new == again.unchanged
    assert (folder / INDEX).exists()


def test_pools_that_stay_are_told_though_the_index_is_not_opened(folder: Path, again: IndexSummary) -> None:
    index_corpus(folder, seed=1)
    zeroed(folder / INDEX)

    assert index_corpus(folder, seed=1).notes == ()
    with pytest.raises(MifgError, match="is damaged"):
        index_corpus(folder, seed=2)
