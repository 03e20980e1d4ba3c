"""The command line as users start it, and the shipped corpus in a folder that may be written to."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

Mifg = Callable[..., subprocess.CompletedProcess[str]]

# A test run in the background hands on that it ignores Ctrl-C.
HEED_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
MIFG = (sys.executable, "-c", f"{HEED_CTRL_C}; from mifg_pipeline.cli import main; main()")


@pytest.fixture(scope="session")
def mifg() -> Mifg:
    """Runs `mifg` in a process of its own; fails the test where the exit status is not the expected one."""

    def run(*arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([*MIFG, *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == status, f"exit {done.returncode}:\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def start_mifg() -> Callable[..., subprocess.Popen[str]]:
    """Starts `mifg` in a process group of its own, for tests that interrupt or kill it."""

    def start(*arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*MIFG, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return start


@pytest.fixture(scope="session")
def corpus(tmp_path_factory, mifg: Mifg) -> Path:
    """The shipped corpus, indexed."""
    root = tmp_path_factory.mktemp("shipped") / "corpus"
    shipped = Path(str(files("mifg_pipeline") / "data"))
    shutil.copytree(shipped, root, ignore=shutil.ignore_patterns("corpus.parquet"))
    mifg("corpus", "index", root)
    return root


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory, mifg: Mifg, corpus: Path) -> Path:
    """A run of 40 items over the shipped corpus."""
    run = tmp_path_factory.mktemp("runs") / "finished"
    mifg("generate", "--corpus", corpus, "--out", run, "--items", 40, "--seed", 7, "--concurrency", 2)
    return run


@pytest.fixture(scope="session")
def scenes(tmp_path_factory, mifg: Mifg) -> Path:
    """The drawn scenes of the shipped corpus, indexed: what the simulated world knows."""
    root = tmp_path_factory.mktemp("drawn") / "scenes"
    shutil.copytree(Path(str(files("mifg_pipeline") / "data" / "scenes")), root)
    mifg("corpus", "index", root)
    return root


@pytest.fixture
def dead_url() -> str:
    """Base URL of a server that is not there."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
