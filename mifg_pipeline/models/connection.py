"""The way to a server: its URL, the key to it, and what it means when the connection fails."""

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import httpx2
from openai import APIConnectionError

from mifg_pipeline.config import ServerSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.models.chat import ServerBusy
from mifg_pipeline.models.error_answer import one_line

OPENAI_URL: Final = "https://api.openai.com/v1"

UNKNOWN_HOST: Final = (socket.EAI_NONAME, socket.EAI_FAIL)
"""Failures to resolve a name that waiting does not mend."""


def checked_url(settings: ServerSettings) -> str:
    """The server's base URL.

    Raises:
        MifgError: If it is none.
    """
    url = OPENAI_URL if settings.base_url is None else settings.base_url.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url:
        raise MifgError(f"{url!r} is not the URL of a server.", "Write it like http://localhost:8000/v1.")
    return url


def api_key(settings: ServerSettings, environ: Mapping[str, str]) -> str:
    """The key to the server, empty where there is none and a server of one's own may do without.

    Raises:
        MifgError: If OpenAI's own server is meant and there is no key, or the key is none.
    """
    variable = settings.key_variable
    key = environ.get(variable, "").strip() if variable else ""
    if not key and settings.base_url is None:
        raise MifgError(
            f"There is no key for OpenAI: the environment variable {variable} is not set.",
            f"Set {variable}, or say with server.base_url where another server is.",
        )
    if not re.fullmatch(r"[!-~]*", key):
        raise MifgError(
            f"The environment variable {variable} holds characters that no key has.",
            "Set it again, without blanks and line breaks.",
        )
    return key


@asynccontextmanager
async def connected(url: str, seconds: float, *, was_reached: bool) -> AsyncIterator[None]:
    """Says what is wrong with the connection, where something is, and gives up after ``seconds``.

    Args:
        url: Base URL of the server.
        seconds: That everything inside may take.
        was_reached: Whether the server replied before, so that its URL is right.

    Raises:
        ServerBusy: If the server may be within reach later.
        MifgError: If it cannot be at this URL.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise ServerBusy(f"{url} gave no whole reply within {seconds:g} s") from error
    except (APIConnectionError, httpx2.HTTPError, aiohttp.ClientError) as error:
        cause = _cause(error)
        if not was_reached:
            _raise_if_lasting(url, cause)
        raise ServerBusy(f"Cannot reach {url}: {_reason(cause)}") from error


def _raise_if_lasting(url: str, cause: BaseException) -> None:
    if isinstance(cause, aiohttp.ClientConnectorDNSError) and cause.os_error.errno in UNKNOWN_HOST:
        raise MifgError(
            f"There is no host of the name in {url}.",
            "Correct the model's server.base_url, or check the connection to the network.",
        ) from cause
    if isinstance(cause, aiohttp.ClientSSLError):
        raise MifgError(
            f"No safe connection to {url}: {one_line(str(cause))}.",
            "Correct the model's server.base_url (http or https?), or the server's certificate.",
        ) from cause


def _reason(cause: BaseException) -> str:
    """The operating system's words for it, where it has some: asyncio puts others in their place."""
    if isinstance(cause, aiohttp.ClientOSError) and (cause.errno or 0) > 0:
        return os.strerror(cause.errno or 0)
    return one_line(str(cause)) or type(cause).__name__


def _cause(error: BaseException) -> BaseException:
    """The transport's own error, which names the reason; the SDK calls most of them "Connection error"."""
    while error.__cause__ is not None and not isinstance(error, aiohttp.ClientError):
        error = error.__cause__
    return error
