"""Opening an indexed corpus."""

import contextlib
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mifg_pipeline.corpus import Corpus, index_corpus
from mifg_pipeline.corpus.pixels import cached_upright
from mifg_pipeline.errors import MifgError

INDEX = "corpus.parquet"
WriteLines = Callable[..., Path]


@pytest.fixture
def indexed(folder: Path) -> Path:
    index_corpus(folder)
    return folder


def test_images_are_sorted_by_path(indexed: Path) -> None:
    assert [image.path for image in Corpus.open(indexed).images] == ["a.png", "b.png", "sub/c.png"]


def test_path_leads_to_the_indexed_file(indexed: Path) -> None:
    corpus = Corpus.open(indexed)

    for image in corpus.images:
        assert cached_upright(corpus.path_of(image.ref()), image.sha256).shape == (image.height, image.width, 3)


def test_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MifgError, match="There is no folder"):
        Corpus.open(tmp_path / "nowhere")


def test_folder_without_an_index_is_an_error_with_the_command(folder: Path) -> None:
    with pytest.raises(MifgError, match=f"is not indexed. Run `mifg corpus index {folder}`"):
        Corpus.open(folder)


@pytest.mark.parametrize("keep", [0.0, 0.1, 0.5, 0.99])
def test_truncated_index_is_an_error(indexed: Path, keep: float) -> None:
    data = (indexed / INDEX).read_bytes()
    (indexed / INDEX).write_bytes(data[: int(len(data) * keep)])

    for use in (Corpus.open, index_corpus):
        with pytest.raises(MifgError, match=r"is damaged\. Restore it, or delete it"):
            use(indexed)


def test_flipped_bits_are_an_error_or_harmless(indexed: Path) -> None:
    expected = Corpus.open(indexed)
    data = (indexed / INDEX).read_bytes()
    for position in range(0, len(data), 97):
        changed = bytearray(data)
        changed[position] ^= 0x55
        (indexed / INDEX).write_bytes(changed)
        with contextlib.suppress(MifgError):
            assert Corpus.open(indexed) == expected


def test_other_parquet_file_is_an_error(folder: Path) -> None:
    pq.write_table(pa.table({"path": ["a.png"]}), folder / INDEX)

    with pytest.raises(MifgError, match="is damaged"):
        Corpus.open(folder)


def test_index_of_another_schema_version_is_an_error(indexed: Path) -> None:
    table = pq.read_table(indexed / INDEX)
    header = table.schema.metadata[b"mifg"].replace(b'"schema_version":1', b'"schema_version":2')
    pq.write_table(table.replace_schema_metadata({b"mifg": header}), indexed / INDEX)

    for use in (Corpus.open, index_corpus):
        with pytest.raises(MifgError, match=r"another schema version than 1\. Delete it"):
            use(indexed)


@pytest.mark.slow
def test_processes_that_index_and_open_end_cleanly(folder: Path) -> None:
    program = """
        import sys
        from pathlib import Path
        from mifg_pipeline.corpus import Corpus, index_corpus
        folder = Path(sys.argv[1])
        (folder / "corpus.parquet").unlink(missing_ok=True)
        index_corpus(folder, workers=1)
        Corpus.open(folder)
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(folder)]

    assert {subprocess.run(command, check=False).returncode for _ in range(30)} == {0}


def test_fingerprint_does_not_depend_on_place_and_times(indexed: Path, tmp_path: Path) -> None:
    shutil.copytree(indexed, tmp_path / "moved", copy_function=shutil.copy)
    (tmp_path / "moved" / INDEX).unlink()
    index_corpus(tmp_path / "moved")

    assert Corpus.open(tmp_path / "moved").fingerprint == Corpus.open(indexed).fingerprint


def test_fingerprint_does_not_depend_on_touching_a_file(indexed: Path) -> None:
    before = Corpus.open(indexed).fingerprint
    os.utime(indexed / "a.png", ns=(1, 1))
    index_corpus(indexed)

    assert Corpus.open(indexed).fingerprint == before


@pytest.mark.parametrize(
    "said",
    [
        {"license": "CC0-1.0"},
        {"caption": "a cat"},
        {"objects": {"bbox": [[1, 1, 5, 5]], "category": ["cat"]}},
    ],
)
def test_fingerprint_depends_on_what_is_said_of_an_image(
    indexed: Path, write_lines: WriteLines, said: dict[str, object]
) -> None:
    before = Corpus.open(indexed).fingerprint
    write_lines(indexed / "metadata.jsonl", [{"file_name": "a.png", **said}])
    index_corpus(indexed)

    assert Corpus.open(indexed).fingerprint != before


def test_fingerprint_depends_on_pools(indexed: Path) -> None:
    before = Corpus.open(indexed).fingerprint
    (indexed / INDEX).unlink()
    index_corpus(indexed, shares={"validation": 1.0})

    assert Corpus.open(indexed).fingerprint != before


def test_fingerprint_depends_on_names(indexed: Path) -> None:
    before = Corpus.open(indexed).fingerprint
    (indexed / "a.png").rename(indexed / "d.png")
    index_corpus(indexed)

    assert Corpus.open(indexed).fingerprint != before
