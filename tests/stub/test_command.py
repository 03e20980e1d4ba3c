"""`mifg stub` as users start it."""

import base64
import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from mifg_pipeline.agents.replies import Inventory
from mifg_pipeline.cli.app import app
from mifg_pipeline.corpus import index_corpus
from mifg_pipeline.corpus.draw import draw_corpus
from mifg_pipeline.errors import MifgError

MIFG = (sys.executable, "-c", "from mifg_pipeline.cli import main; main()")

ASK = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], sys.argv[2].encode())"


@contextmanager
def started(*arguments: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, and its URL."""
    with subprocess.Popen(
        [*MIFG, "stub", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def content_of(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, {"Content-Type": "application/json"})) as response:
        return json.load(response)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["stub", *arguments])


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A corpus of drawn scenes."""
    folder = tmp_path_factory.mktemp("drawn")
    draw_corpus(folder, 2, 1, 1)
    index_corpus(folder, workers=1)
    return str(folder)


def test_it_prints_its_url_and_replies_there() -> None:
    with started("--model", "big", "--model", "small", "--latency", 0.01) as (_, url):
        chat = {"model": "small", "messages": [{"role": "user", "content": "?"}]}

        assert [model["id"] for model in content_of(f"{url}/models")["data"]] == ["big", "small"]
        assert content_of(f"{url}/chat/completions", chat)["choices"][0]["message"]["content"] == "stub"
        assert content_of(f"{url.removesuffix('/v1')}/stub/stats")["outcomes"] == {"replied": 1}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_it_is_told_to(number: signal.Signals) -> None:
    with started() as (process, _):
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)

    assert (process.returncode, output, errors) == (0, "", "")


def test_it_ends_while_somebody_waits_for_a_reply() -> None:
    chat = {"model": "stub", "messages": [{"role": "user", "content": "?"}]}
    with started("--latency", 3600) as (process, url):
        waiting = subprocess.Popen(
            [sys.executable, "-c", ASK, f"{url}/chat/completions", json.dumps(chat)], stderr=subprocess.DEVNULL
        )
        while content_of(f"{url.removesuffix('/v1')}/stub/stats")["in_flight"] == 0:
            assert waiting.poll() is None
        process.terminate()

        assert process.wait(timeout=60) == 0
        assert waiting.wait(timeout=60) != 0


def test_flags_that_do_not_fit_together_are_an_error_with_a_remedy() -> None:
    result = run("--errors", "0.6", "--throttles", "0.6")

    assert isinstance(result.exception, MifgError)
    assert "errors and throttles are more than all requests" in str(result.exception)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--errors", "1.5"),
        ("--latency", "-1"),
        ("--accuracy", "all=0.9"),
        ("--world", "corpus", "--accuracy", "all"),
        ("--world", "corpus", "--defects", "=0.1"),
    ],
)
def test_flags_of_the_wrong_form_are_wrong_usage(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_shares_that_the_world_does_not_know_are_an_error_with_a_remedy(drawn: str) -> None:
    result = run("--world", drawn, "--accuracy", "purple=1")

    assert isinstance(result.exception, MifgError)
    assert "accuracy.purple" in str(result.exception)


def test_a_folder_that_is_not_indexed_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    assert isinstance(run("--world", str(tmp_path)).exception, MifgError)


def test_replies_of_a_world_are_about_its_corpus(drawn: str) -> None:
    image = base64.b64encode((Path(drawn) / "scene-000000.jpg").read_bytes()).decode()
    parts = [
        {"type": "text", "text": "Image 1:"},
        {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{image}"}},
        {"type": "text", "text": "List all objects."},
    ]
    schema = {"name": Inventory.name, "schema": Inventory.model_json_schema(), "strict": True}
    chat = {
        "model": "stub",
        "messages": [{"role": "user", "content": parts}],
        "response_format": {"type": "json_schema", "json_schema": schema},
    }
    with started("--world", drawn, "--accuracy", "all=1", "--defects", "wrong_key=0") as (_, url):
        content = content_of(f"{url}/chat/completions", chat)["choices"][0]["message"]["content"]

    assert Inventory.model_validate_json(content).objects
