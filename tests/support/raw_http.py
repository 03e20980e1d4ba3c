"""HTTP as an attacker sends it: the bytes as they are, without a client that would mend them."""

import socket
from urllib.parse import urlsplit


def raw_request(url: str, head: str, body: bytes = b"", *, end: bytes = b"\r\n\r\n") -> bytes:
    """Sends a head and a body to a server and returns all that it answers until it closes the connection.

    Args:
        url: Of the server.
        head: Request line and headers, lines ending in a newline; ``{host}`` stands for the server's own name.
        body: Bytes after the head.
        end: What ends the head; empty for a request that never gets there.
    """
    parts = urlsplit(url)
    lines = head.format(host=parts.netloc).strip().replace("\n", "\r\n")
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(lines.encode() + end + body)
        answer = b""
        while received := connection.recv(65536):
            answer += received
    return answer


def status_of(answer: bytes) -> int:
    """The status of an answer; 0 where there was none."""
    return int(answer.split(b" ", 2)[1]) if answer else 0
