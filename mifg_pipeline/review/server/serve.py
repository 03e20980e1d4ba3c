"""Starts the review server: checks what it needs, takes a port, says where it is, and serves until it is stopped."""

import errno
import socket
import sys
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import uvicorn

from mifg_pipeline.errors import MifgError
from mifg_pipeline.review.server.app import review_app
from mifg_pipeline.review.server.desk import Desk
from mifg_pipeline.review.server.security import is_loopback
from mifg_pipeline.review.server.slow_heads import TimedHeads
from mifg_pipeline.review.server.tokens import new_token, read_tokens
from mifg_pipeline.store.events import EventLog
from mifg_pipeline.store.run_folder import RunFolder

LEASE_SECONDS: Final = 60.0
"""How long an item is kept for an annotator of whom nothing is heard; the page says something every 20 seconds."""

_CONNECTIONS: Final = 200
"""At once; more are told to try again."""

_PATIENCE: Final = 2
"""Seconds for which requests in flight may end when the server stops."""


def serve(
    run: RunFolder,
    *,
    annotator: str | None = None,
    tokens: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    open_browser: bool = False,
    moved_corpus: Path | None = None,
    lease_seconds: float = LEASE_SECONDS,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serves the review of a run until the process is told to stop.

    Args:
        run: The run.
        annotator: The only annotator, who gets a fresh token in the address that is printed.
        tokens: Instead, a file of names and tokens.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        open_browser: Whether to open the page of an only annotator.
        moved_corpus: Where the corpus is now, if not where the run says.
        lease_seconds: How long an item is kept for an annotator of whom nothing is heard.
        on_ready: Takes the address, with the token of an only annotator, instead of its being printed.

    Raises:
        MifgError: If the run, its corpus or its tokens are missing or damaged, the address needs tokens, or the port
            is taken.
    """
    names = _tokens(run, annotator, tokens, host)
    desk = Desk(run, run.corpus_root(moved_corpus), lease_seconds)
    with _listener(host, port) as listener:
        address = _address(host, listener.getsockname()[1])
        if annotator is not None:
            address += f"?token={names[annotator]}"
        (on_ready or _print_address)(address)
        if open_browser and annotator is not None:
            webbrowser.open(address)
        review_server(desk, names, host).run(sockets=[listener])


def review_server(desk: Desk, tokens: Mapping[str, str], host: str) -> uvicorn.Server:
    """The server for a desk, ready to run on a socket that listens.

    Args:
        desk: What annotators come to.
        tokens: Of the annotators, by name.
        host: The address that it listens on.
    """
    config = uvicorn.Config(
        review_app(desk, tokens, host=host),
        http=TimedHeads,
        ws="none",
        lifespan="off",
        access_log=False,  # addresses hold the token at the first visit
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=_PATIENCE,
    )
    return uvicorn.Server(config)


def _tokens(run: RunFolder, annotator: str | None, tokens: Path | None, host: str) -> dict[str, str]:
    if (annotator is None) == (tokens is None):
        raise MifgError("Nobody or too many were named to review.", "Say either --annotator NAME or --tokens FILE.")
    if tokens is not None:
        return read_tokens(tokens)
    if not is_loopback(host):
        raise MifgError(
            f"{host} can be reached from other machines, and that needs tokens.",
            "Say --tokens FILE, or leave --host out to be reached from this machine alone.",
        )
    name = str(annotator)
    EventLog.of(run, name)
    return {name: new_token()}


def _listener(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(place[:2], family=family, backlog=_CONNECTIONS)
    except OSError as error:
        reason = "the port is taken" if error.errno == errno.EADDRINUSE else error.strerror or error
        raise MifgError(
            f"Cannot listen on {host}, port {port}: {reason}.",
            "Choose another with --host and --port; port 0 takes a free one.",
        ) from error
    # Connections inherit it; otherwise an answer's body waits 40 ms for the client's system to acknowledge its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _print_address(address: str) -> None:
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
