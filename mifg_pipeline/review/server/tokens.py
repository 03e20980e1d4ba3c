"""Who may review: names and their tokens, and what a browser holds instead of a token once it has shown one."""

import hmac
import os
import re
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from mifg_pipeline.errors import MifgError
from mifg_pipeline.store.files import unwritable
from mifg_pipeline.store.review_records import ANNOTATOR_PATTERN

_TOKEN_PATTERN: Final = r"[A-Za-z0-9_-]{22,200}"
"""22 characters hold 132 bits; all of them may stand in a URL."""


def new_token() -> str:
    """A token that nobody can guess."""
    return secrets.token_urlsafe(24)


@dataclass(frozen=True)
class Session:
    """A browser that has shown an annotator's token.

    Attributes:
        annotator: Whose token it was.
        cookie: What the browser sends with each request.
        csrf: What the page sends with each write.
    """

    annotator: str
    cookie: str
    csrf: str


class Sessions:
    """The sessions of all annotators: they follow from the tokens, outlive the server and end with the token."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._by_token = {token: _session(name, token) for name, token in tokens.items()}
        self._by_cookie = {session.cookie: session for session in self._by_token.values()}

    def of_token(self, token: str) -> Session | None:
        """The session that a token opens; None for a wrong one."""
        return _found(token, self._by_token)

    def of_cookie(self, cookie: str) -> Session | None:
        """The session of a browser; None for a wrong cookie."""
        return _found(cookie, self._by_cookie)


def equal_secrets(one: str, other: str) -> bool:
    """Compares in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def read_tokens(path: Path) -> dict[str, str]:
    """The tokens of a file, by name.

    Raises:
        MifgError: If the file cannot be read, others may read it, or it is no mapping of names to good tokens.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MifgError(
            f"Cannot read {path}: {error.strerror}.", "Make it by `mifg review token NAME --tokens FILE`."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _damaged(path, "it is not YAML") from error  # what YAML says of it may quote a token
    if mode & 0o077:
        raise MifgError(f"Others may read {path}: its mode is {mode:03o}.", f"Say `chmod 600 {path}`.")
    return _checked(path, content)


def add_token(path: Path, annotator: str) -> str:
    """Adds an annotator to a file of tokens, which is made where it is missing.

    Returns:
        The new token.

    Raises:
        MifgError: If the name is in the file or can be none of an annotator, or the file cannot be read or written.
    """
    known = read_tokens(path) if path.exists() else {}
    if annotator in known:
        raise MifgError(f"{annotator} has a token in {path}.", "Take the line out first to give a new one.")
    if not re.fullmatch(ANNOTATOR_PATTERN, annotator):
        raise _damaged(path, f"{annotator[:80]!r} cannot be the name of an annotator")
    token = new_token()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            yaml.safe_dump({annotator: token}, file)
    except OSError as error:
        raise unwritable(path, error) from error
    return token


def _checked(path: Path, content: Any) -> dict[str, str]:
    if not isinstance(content, dict) or not content:
        raise _damaged(path, "it holds no names")
    for name, token in content.items():
        if not isinstance(name, str) or not re.fullmatch(ANNOTATOR_PATTERN, name):
            raise _damaged(path, f"{str(name)[:80]!r} cannot be the name of an annotator")
        if not isinstance(token, str) or not re.fullmatch(_TOKEN_PATTERN, token):
            raise _damaged(path, f"the token of {name} has fewer than 22 characters, or others than A-Z a-z 0-9 _ -")
    if len(set(content.values())) < len(content):
        raise _damaged(path, "two names have the same token")
    return content


def _damaged(path: Path, problem: str) -> MifgError:
    return MifgError(
        f"{path} is no file of tokens: {problem}.", "Write one `name: token` a line, by `mifg review token NAME`."
    )


def _session(annotator: str, token: str) -> Session:
    cookie, csrf = (hmac.new(token.encode(), purpose, "sha256").hexdigest() for purpose in (b"cookie", b"csrf"))
    return Session(annotator, cookie, csrf)


def _found(given: str, sessions: Mapping[str, Session]) -> Session | None:
    """Compares with all of them, so that the time does not tell which came close."""
    found = None
    for secret, session in sessions.items():
        if equal_secrets(given, secret):
            found = session
    return found
