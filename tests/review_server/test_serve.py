"""Starting the server: what it says, and what it asks for when something is missing."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from review_process import write_tokens

from mifg_pipeline.errors import MifgError
from mifg_pipeline.review.server import serve
from mifg_pipeline.store import RunFolder

ALONE = """
import sys
from pathlib import Path
from mifg_pipeline.review.server import serve
from mifg_pipeline.store import RunFolder

serve(RunFolder.open(Path(sys.argv[1])), annotator="alice")
"""


def test_the_printed_address_opens_the_page_of_the_only_annotator(run: RunFolder) -> None:
    with subprocess.Popen([sys.executable, "-c", ALONE, str(run.root)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        with httpx.Client(follow_redirects=True) as browser:
            page = browser.get(address)
            session = browser.get(str(page.url) + "api/session").json()
        process.terminate()
    assert (page.status_code, page.url.query, session["annotator"]) == (200, b"", "alice")


def test_a_taken_port_is_named(run: RunFolder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(MifgError, match=rf"port {port}: the port is taken.* --port"):
            serve(run, annotator="alice", port=port)


def test_an_address_that_others_can_reach_needs_tokens(run: RunFolder) -> None:
    with pytest.raises(MifgError, match=r"needs tokens.* --tokens FILE"):
        serve(run, annotator="alice", host="0.0.0.0")


def test_an_address_of_another_machine_is_refused(run: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(MifgError, match=r"Cannot listen on 192\.0\.2\.1"):
        serve(run, tokens=write_tokens(tmp_path / "tokens.yaml", "alice"), host="192.0.2.1")


@pytest.mark.parametrize("named", [{}, {"annotator": "alice", "tokens": Path("tokens.yaml")}])
def test_either_one_annotator_is_named_or_a_file_of_tokens(run: RunFolder, named: dict) -> None:
    with pytest.raises(MifgError, match="either --annotator NAME or --tokens FILE"):
        serve(run, **named)


def test_a_missing_file_of_tokens_is_named(run: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(MifgError, match=r"tokens\.yaml.*mifg review token"):
        serve(run, tokens=tmp_path / "tokens.yaml")


def test_a_name_that_can_be_no_annotators_is_refused(run: RunFolder) -> None:
    with pytest.raises(MifgError, match="cannot be the name of an annotator"):
        serve(run, annotator="../alice")


def test_a_run_without_candidates_is_named(run: RunFolder) -> None:
    run.candidates_path.unlink()
    with pytest.raises(MifgError, match=r"no candidates\.jsonl yet"):
        serve(run, annotator="alice")


def test_a_corpus_that_has_moved_is_asked_for(run: RunFolder) -> None:
    shutil.move(run.corpus_root(), run.root.parent / "elsewhere")
    with pytest.raises(MifgError, match="--corpus DIR"):
        serve(run, annotator="alice")
