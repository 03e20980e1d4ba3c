"""What ends an indexing: mistakes, full disks and kills; an earlier index stays as it was."""

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from mifg_pipeline.corpus import Corpus, index_corpus
from mifg_pipeline.errors import MifgError

SavePhoto = Callable[..., Path]
INDEX, RECEIPT = "corpus.parquet", ".corpus.receipt.json"


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(MifgError, match="There is no folder"):
        index_corpus(tmp_path / "nowhere")


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(MifgError, match=r"There is no image file in .* Put images there"):
        index_corpus(tmp_path)


def test_no_usable_image(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    with pytest.raises(MifgError, match=r"None of the 1 image files .* undecodable"):
        index_corpus(tmp_path)
    assert not (tmp_path / INDEX).exists()


@pytest.mark.parametrize(
    "setting",
    [
        {"shares": {"train": 0.5}},
        {"shares": {"train": 1.5, "test": -0.5}},
        {"shares": {"train": float("nan")}},
        {"shares": {"holdout": 1.0}},
        {"near_duplicate_distance": 33},
        {"min_side": 0},
        {"workers": 0},
    ],
)
def test_setting_out_of_range(folder: Path, setting: dict[str, Any]) -> None:
    with pytest.raises(MifgError):
        index_corpus(folder, **setting)


def test_folder_that_cannot_be_written(
    save_photo: SavePhoto, as_nobody: Callable[[], AbstractContextManager[None]]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        save_photo(root / "a.png", 0)
        root.chmod(0o555)
        with (
            as_nobody(),
            pytest.raises(MifgError, match=r"cannot be written \(Permission denied\).* Make the folder writable"),
        ):
            index_corpus(root, workers=1)


def test_full_disk_leaves_the_earlier_index(folder: Path, save_photo: SavePhoto) -> None:
    index_corpus(folder)
    before = (folder / INDEX).read_bytes()
    save_photo(folder / "d.png", 7)
    program = """
        import resource, sys
        from pathlib import Path
        from mifg_pipeline.corpus import index_corpus
        from mifg_pipeline.errors import MifgError
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))  # as a full disk: the write fails midway
        try:
            index_corpus(Path(sys.argv[1]), workers=1)
        except MifgError as error:
            sys.exit(str(error))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(folder)], capture_output=True, text=True, check=False
    )

    assert "cannot be written (File too large)" in done.stderr
    assert (folder / INDEX).read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == [RECEIPT, "a.png", "b.png", INDEX, "d.png", "sub"]


@pytest.fixture
def as_nobody() -> Callable[[], AbstractContextManager[None]]:
    """Gives up the rights of root for a while, where the tests run as root."""

    @contextmanager
    def switch() -> Iterator[None]:
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(user)

    return switch


@pytest.mark.slow
@pytest.mark.parametrize("moment", [0.0, 0.5, 1.0])
def test_killed_index_leaves_the_earlier_one(folder: Path, save_photo: SavePhoto, moment: float) -> None:
    index_corpus(folder)
    before = (folder / INDEX).read_bytes()
    for seed in range(20):
        save_photo(folder / f"new{seed}.png", 100 + seed)
    program = """
        import sys
        from pathlib import Path
        from mifg_pipeline.corpus import index_corpus
        if __name__ == "__main__":
            index_corpus(Path(sys.argv[1]), workers=2, on_progress=lambda done, total: print(done / total, flush=True))
    """
    script = folder.parent / "index.py"
    script.write_text(textwrap.dedent(program))
    process = subprocess.Popen(
        [sys.executable, str(script), str(folder)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    while float(process.stdout.readline()) < moment:
        pass
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()

    assert (folder / INDEX).read_bytes() == before or len(Corpus.open(folder).images) == 23
    assert index_corpus(folder).images == 23


@pytest.mark.slow
def test_death_of_a_worker_is_an_error_with_a_remedy(tmp_path: Path, save_photo: SavePhoto) -> None:
    for seed in range(60):
        save_photo(tmp_path / f"{seed}.png", seed)

    def kill_workers(done: int, total: int) -> None:
        for worker in multiprocessing.active_children():
            worker.kill()

    with pytest.raises(MifgError, match=r"A worker process died .* --workers 1"):
        index_corpus(tmp_path, workers=2, on_progress=kill_workers)
    assert not (tmp_path / INDEX).exists()
