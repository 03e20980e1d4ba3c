"""`mifg review serve` in a process of its own, and browsers that come to it, as HTTP clients."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
import yaml

from mifg_pipeline.review.server.desk import Desk
from mifg_pipeline.review.server.serve import review_server as uvicorn_server
from mifg_pipeline.store import RunFolder

SERVE = """
import json, sys
from pathlib import Path
from mifg_pipeline.review.server import serve
from mifg_pipeline.store import RunFolder

options = json.loads(sys.argv[2])
serve(RunFolder.open(Path(sys.argv[1])), tokens=Path(options.pop("tokens")), **options)
"""


def token_of(annotator: str) -> str:
    """The token that tests give an annotator."""
    return f"{annotator}-token-that-is-long-enough"


def write_tokens(path: Path, *annotators: str) -> Path:
    """Writes a file of tokens."""
    path.write_text(yaml.safe_dump({name: token_of(name) for name in annotators}))
    path.chmod(0o600)
    return path


class ReviewServer:
    """A server that can be killed and started again at the same address.

    Attributes:
        url: Base URL, without a slash at the end.
        log: File that has what it wrote to standard error.
    """

    def __init__(self, run: RunFolder, tokens: Path, log: Path, **options: Any) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self._arguments = [str(run.root), json.dumps({"tokens": str(tokens), "port": self.port, **options})]
        self.start()

    def start(self) -> None:
        """Starts it, and returns when it takes connections."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVE, *self._arguments], stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout
        assert self.process.stdout.readline(), f"the server did not start: {self.log.read_text()}"

    def kill(self) -> None:
        """Kills it without warning (SIGKILL)."""
        self.process.kill()
        self._clear_up()

    def stop(self) -> None:
        """Stops it."""
        self.process.terminate()
        self._clear_up()

    def client(self, annotator: str) -> AbstractContextManager["ReviewClient"]:
        """A browser in which the annotator has opened the address with the token."""
        return review_client(self.url, annotator)

    def _clear_up(self) -> None:
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


class ReviewClient(httpx.Client):
    """A browser with an annotator's session; sends what the page sends."""

    session: dict[str, Any]

    def sign_in(self, annotator: str) -> None:
        """Opens the address with the token, and does what the page does first."""
        self.get("/", params={"token": token_of(annotator)})
        self.session = self.get("/api/session").json()
        self.headers.update({"X-MIFG-CSRF": self.session["csrf"], "Origin": str(self.base_url).rstrip("/")})

    def next(self) -> dict[str, Any] | None:
        """The next item, leased; None if nothing is left."""
        answer = self.post("/api/next", json={})
        return answer.json() if answer.status_code == 200 else None

    def decide(self, task: dict[str, Any], decision: str = "accept", **filled_in: Any) -> httpx.Response:
        """Sends a decision on an item as it was shown."""
        sent = {"digest": task["digest"], "previous": task["previous"], "decision": decision, **filled_in}
        return self.post(f"/api/items/{task['id']}/decision", json=sent)


@contextmanager
def review_client(url: str, annotator: str) -> Iterator[ReviewClient]:
    """A browser in which the annotator has opened the address with the token."""
    with ReviewClient(base_url=url, timeout=30) as client:
        client.sign_in(annotator)
        yield client


@dataclass(frozen=True)
class ThreadServer:
    """A server in a thread of this process, which starts sooner.

    Attributes:
        url: Base URL, without a slash at the end.
        app: What it serves.
    """

    url: str
    app: Any

    def client(self, annotator: str) -> AbstractContextManager[ReviewClient]:
        """A browser in which the annotator has opened the address with the token."""
        return review_client(self.url, annotator)


@contextmanager
def thread_server(
    run: RunFolder, *annotators: str, lease_seconds: float = 60, host: str = "127.0.0.1"
) -> Iterator[ThreadServer]:
    """A server for these annotators in a thread, as long as the context lasts."""
    desk = Desk(run, run.corpus_root(), lease_seconds)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn_server(desk, {name: token_of(name) for name in annotators}, host)
        with _running(server, listener):
            yield ThreadServer(f"http://127.0.0.1:{listener.getsockname()[1]}", server.config.app)


@contextmanager
def _running(server: uvicorn.Server, listener: socket.socket) -> Iterator[None]:
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def review_server(run: RunFolder, folder: Path, *annotators: str, **options: Any) -> Iterator[ReviewServer]:
    """A server for these annotators, as long as the context lasts.

    Args:
        run: The run.
        folder: Takes the tokens and the log.
        annotators: Who may review.
        options: Of ``serve``.
    """
    tokens = write_tokens(folder / "tokens.yaml", *annotators)
    server = ReviewServer(run, tokens, folder / "server.log", **options)
    try:
        yield server
    finally:
        server.stop()
