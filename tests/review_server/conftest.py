"""A run to review, and a server at which Alice and Bob do so."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from review_process import ReviewServer, ThreadServer, review_server, thread_server
from review_run import write_review_run

from mifg_pipeline.items import ImageRef, Item
from mifg_pipeline.store import RunFolder


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Six items of 2 to 7 images."""
    return write_review_run(tmp_path, items=6)


@pytest.fixture
def server(run: RunFolder) -> Iterator[ThreadServer]:
    with thread_server(run, "alice", "bob") as started:
        yield started


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadServer]:
    """One server for all tests that decide nothing."""
    with thread_server(write_review_run(tmp_path_factory.mktemp("standing"), items=6), "alice", "bob") as started:
        yield started


@pytest.fixture
def process(run: RunFolder, tmp_path: Path) -> Iterator[ReviewServer]:
    with review_server(run, tmp_path, "alice", "bob") as started:
        yield started


@pytest.fixture
def items(run: RunFolder) -> list[Item]:
    return list(run.candidates())


@pytest.fixture
def add_image(run: RunFolder) -> Callable[[bytes], ImageRef]:
    """Puts a file into the corpus, whatever it holds, and returns an image that claims to be it."""

    def add(content: bytes) -> ImageRef:
        sha256 = hashlib.sha256(content).hexdigest()
        (run.corpus_root() / sha256).write_bytes(content)
        return ImageRef(sha256=sha256, path=sha256, width=64, height=64, phash="0" * 16)

    return add
