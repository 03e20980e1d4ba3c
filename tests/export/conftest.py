"""A small real run: a corpus of images in several formats, a ledger, candidates and review events."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import small_run
from small_run import MadeRun, write_corpus, write_run

from mifg_pipeline.items import Item
from mifg_pipeline.store import RunFolder

ItemMaker = Callable[..., Item]


@pytest.fixture(scope="session")
def make_item() -> ItemMaker:
    return small_run.make_item


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds ``corpus`` and ``run``; tests work on copies."""
    root = tmp_path_factory.mktemp("pristine")
    write_corpus(root / "corpus")
    write_run(root / "run", root / "corpus")
    return root


@pytest.fixture
def made(pristine: Path, tmp_path: Path) -> MadeRun:
    shutil.copytree(pristine, tmp_path / "work")
    return MadeRun(RunFolder(tmp_path / "work" / "run"), tmp_path / "work" / "corpus")


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """``datasets.load_dataset`` without network and with a cache of its own."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    import datasets

    def load_folder(folder: Path, **options: object) -> object:
        return datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"), **options)

    return load_folder
