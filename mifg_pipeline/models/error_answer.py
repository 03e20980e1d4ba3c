"""The error answers of servers, read whatever shape they have."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

REASON_CHARACTERS: Final = 300
"""Most characters of a server's reason that are passed on."""

MOST_FAULTS: Final = 5
"""Faults of one request that are passed on."""


@dataclass(frozen=True)
class ErrorAnswer:
    """A server's error answer.

    Attributes:
        status: HTTP status.
        reason: What the server says in one line, or else what its status means.
        codes: Its ``code`` and ``type``, such as ``insufficient_quota``.
        parameter: The parameter that it names, if any.
        retry_after: Seconds that it asks to wait, where it does.
    """

    status: int
    reason: str
    codes: frozenset[str] = frozenset()
    parameter: str = ""
    retry_after: float | None = None


def parse_error(status: int, body: Any, retry_after: float | None = None) -> ErrorAnswer:
    """Reads an error body, in any of the shapes that servers give it.

    Args:
        status: HTTP status.
        body: Decoded JSON, or the text where it was none.
        retry_after: Seconds that the server asks to wait, where it does.
    """
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        # The page of a gateway says no more than the status.
        said = error if isinstance(error, str) and not error.lstrip().startswith("<") else ""
        return ErrorAnswer(status, one_line(said) or _status_text(status), retry_after=retry_after)
    detail = error.get("message") or error.get("detail") or ""
    return ErrorAnswer(
        status=status,
        reason=one_line(_detail_text(detail)) or _status_text(status),
        codes=frozenset(str(error[name]) for name in ("code", "type") if error.get(name) is not None),
        parameter=_parameter(error.get("param"), detail),
        retry_after=retry_after,
    )


def one_line(text: str) -> str:
    """The text as one printable line of at most ``REASON_CHARACTERS``, without its full stop."""
    printable = "".join(character if character.isprintable() else " " for character in text[: 4 * REASON_CHARACTERS])
    line = " ".join(printable.split()).rstrip(".")
    return line if len(line) <= REASON_CHARACTERS else f"{line[:REASON_CHARACTERS]}…"


def _status_text(status: int) -> str:
    try:
        return f"HTTP status {status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return f"HTTP status {status}"


def _detail_text(detail: Any) -> str:
    """Text of a message; FastAPI's list of faults without the request that it echoes."""
    if isinstance(detail, list):
        faults = [fault for fault in detail[:MOST_FAULTS] if isinstance(fault, dict)]
        return "; ".join(f"{'.'.join(_place(fault))}: {fault.get('msg', '')}" for fault in faults)
    return detail if isinstance(detail, str) else ""


def _parameter(named: Any, detail: Any) -> str:
    """The parameter that an error names, in a field of its own or as the place of the first fault."""
    if isinstance(named, str):
        return one_line(named)
    if isinstance(detail, list) and detail and isinstance(detail[0], dict):
        return one_line("".join(_place(detail[0])[-1:]))
    return ""


def _place(fault: dict[str, Any]) -> list[str]:
    place = fault.get("loc")
    return [str(step) for step in place] if isinstance(place, list) else []
