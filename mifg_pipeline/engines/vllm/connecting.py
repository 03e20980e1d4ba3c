"""Connections between client and server of an engine: by a file or by TCP, and only with the same key."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener, answer_challenge, deliver_challenge
from struct import pack

from mifg_pipeline.errors import MifgError

KEY_VARIABLE = "MIFG_ENGINE_KEY"
HANDSHAKE_SECONDS = 10
KEEPALIVE_SECONDS = 60
"""After which a silent peer over TCP is asked by the system whether it is still there."""

Address = str | tuple[str, int]
"""Path of a Unix socket, or host and port."""


def parse_address(text: str) -> tuple[str, int]:
    """Reads ``HOST:PORT``.

    Raises:
        MifgError: It is something else.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise MifgError(f"{text!r} is no address of an engine.", "Give HOST:PORT, such as 10.0.0.7:8765.")
    return host.strip("[]"), int(port)


def shared_key() -> bytes:
    """Returns the key that both sides have been given in the environment.

    Raises:
        MifgError: There is none.
    """
    key = os.environ.get(KEY_VARIABLE, "")
    if not key:
        raise MifgError(
            f"The environment variable {KEY_VARIABLE} is not set.",
            "Set it to the same secret where the engine runs and where it is used.",
        )
    return key.encode()


def connect(address: Address, key: bytes) -> Connection:
    """Connects to a server.

    Raises:
        OSError: Nobody is there, or does not answer in time.
        EOFError: Whoever is there breaks off.
        multiprocessing.AuthenticationError: It has another key.
    """
    connection = Client(address)
    with _closed_on_failure(connection), _within(HANDSHAKE_SECONDS, connection):
        answer_challenge(connection, key)
        deliver_challenge(connection, key)
    return connection


def accept(listener: Listener, key: bytes) -> Connection:
    """Waits for a client that has the key; whoever has not, or keeps silent, is turned away."""
    while True:
        connection = listener.accept()
        try:
            with _closed_on_failure(connection), _within(HANDSHAKE_SECONDS, connection):
                deliver_challenge(connection, key)
                answer_challenge(connection, key)
        except (OSError, EOFError, AssertionError, AuthenticationError) as error:
            print(f"A client was turned away: {error!r}", flush=True)  # noqa: T201 - the server's log
            continue
        return connection


@contextmanager
def _closed_on_failure(connection: Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


@contextmanager
def _within(seconds: int, connection: Connection) -> Iterator[None]:
    """Has reads fail that take longer; a peer over TCP that vanishes later is noticed by the system."""
    with socket.socket(fileno=os.dup(connection.fileno())) as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, pack("ll", seconds, 0))
        yield
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, pack("ll", 0, 0))
        if peer.family != socket.AF_UNIX:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_SECONDS)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
