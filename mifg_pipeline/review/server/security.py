"""What every request has to pass and every answer carries: hosts, origins, sizes and times, and the headers."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mifg_pipeline.review.server.answers import json_answer
from mifg_pipeline.review.server.refusals import RefusalError, error_body

MAX_BODY: Final = 256 << 10
"""Bytes of a request's body."""

BODY_SECONDS: Final = 10.0
"""Time that a body may take to arrive."""

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Refuses requests from other sites and oversized or slow ones; adds the headers that bind the browser.

    Args:
        app: What it guards.
        host: The address that the server listens on.
        body_seconds: Time that a body may take to arrive.
    """

    def __init__(self, app: ASGIApp, *, host: str, body_seconds: float = BODY_SECONDS) -> None:
        self._app = app
        self._listens_on = host
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            require_own_site(Headers(scope=scope), self._listens_on)
            body = await self._body(receive)
        except RefusalError as refusal:
            refused = json_answer(error_body(refusal), refusal.status, {"Connection": "close"})
            await refused(scope, receive, guarded)
        else:
            await self._app(scope, _replayed(body, receive), guarded)

    async def _body(self, receive: Receive) -> bytes:
        body = bytearray()
        try:
            async with asyncio.timeout(self._body_seconds):
                while True:
                    message = await receive()
                    body += message.get("body", b"")
                    if len(body) > MAX_BODY:
                        raise RefusalError(413, f"The request is longer than {MAX_BODY} bytes.", "Send less at once.")
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError as error:
            raise RefusalError(408, "The request took too long to arrive.", "Send it again.") from error


def require_own_site(headers: Headers, listens_on: str) -> None:
    """Refuses what another site sends, or what a browser sends here because another site's name leads here.

    Args:
        headers: Of the request.
        listens_on: The address that the server listens on.

    Raises:
        RefusalError: If the host is none of this server's, or the origin is another one.
    """
    host = headers.get("host", "")
    if _name(host) not in _own_names(listens_on) and not _is_own_address(_name(host), listens_on):
        raise RefusalError(421, "This server does not go by that name.", "Open the address that it printed.")
    origin = headers.get("origin")
    if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
        raise RefusalError(403, "The request comes from another site.", "Open the address that the server printed.")


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _own_names(listens_on: str) -> Iterator[str]:
    yield "localhost"
    yield listens_on.lower()
    if not is_loopback(listens_on):
        yield socket.gethostname().lower()
        yield socket.getfqdn().lower()


def _is_own_address(name: str, listens_on: str) -> bool:
    """Whether the name is a number: no other site's name can lead to this server under a number."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or not is_loopback(listens_on)


def _name(host: str) -> str:
    """The host without its port; empty where it is no host."""
    try:
        parts = urlsplit(f"//{host}")
        return (parts.hostname or "") if parts.netloc == host and "@" not in host else ""
    except ValueError:
        return ""


def _replayed(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
