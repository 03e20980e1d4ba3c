"""Parses a line of an event log: at once where its id holds, by the record's own validation where it does not."""

import hashlib
import sys
from datetime import datetime
from typing import Any, Final

import orjson

from mifg_pipeline.items import SCHEMA_VERSION
from mifg_pipeline.store.review_records import Edits, ReviewEvent

_FIELDS: Final = set(ReviewEvent.model_fields)
_DIGESTED: Final = sorted(_FIELDS - {"schema_version", "id", "time", "seconds"})
_NO_EDITS: Final = Edits()
_NO_EDITS_WRITTEN: Final = _NO_EDITS.model_dump(mode="json")
_NO_EDITS_SORTED: Final = dict(sorted(_NO_EDITS_WRITTEN.items()))


def parsed_event(line: bytes) -> ReviewEvent:
    """The event of a line.

    Logs of hundreds of thousands of lines are read whenever somebody looks at a run. An id is the digest of what its
    event says: a line whose id holds is as it was validated when it was written, and is not validated again. Where
    orjson writes a number otherwise than the digest has it, the id seems not to hold, and the record decides.

    Raises:
        pydantic.ValidationError: If the line is damaged.
    """
    fields = _intact_fields(line)
    return ReviewEvent.model_validate_json(line) if fields is None else _unvalidated(fields)


def _unvalidated(fields: dict[str, Any]) -> ReviewEvent:
    """An event of these fields, made as unpickling makes one: ``model_construct`` takes five times as long."""
    event = ReviewEvent.__new__(ReviewEvent)
    event.__setstate__(
        {
            "__dict__": fields,
            "__pydantic_fields_set__": _FIELDS,
            "__pydantic_extra__": None,
            "__pydantic_private__": None,
        }
    )
    return event


def _intact_fields(line: bytes) -> dict[str, Any] | None:
    """The fields of a line whose id holds, as an event has them; None for any other line."""
    try:
        fields: dict[str, Any] = orjson.loads(line)
        if fields.keys() != _FIELDS:
            return None
        has_edits = fields["edits"] != _NO_EDITS_WRITTEN
        if hashlib.sha256(_digested(fields, has_edits)).hexdigest()[:32] != fields["id"]:
            return None
        fields["time"] = datetime.fromisoformat(fields["time"])
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError):
        return None
    if fields["schema_version"] != SCHEMA_VERSION or fields["time"].tzinfo is None:
        return None
    if not _is_time_spent(fields["seconds"]):
        return None
    fields["item_id"] = sys.intern(fields["item_id"])
    fields["edits"] = Edits.model_validate(fields["edits"]) if has_edits else _NO_EDITS
    fields["reasons"] = tuple(fields["reasons"])
    return fields


def _digested(fields: dict[str, Any], has_edits: bool) -> bytes:
    """The JSON that the id is the digest of; sorting by name is what takes the time, and needed for edits only."""
    digested = {name: fields[name] for name in _DIGESTED}
    if has_edits:
        return orjson.dumps(digested, option=orjson.OPT_SORT_KEYS)
    digested["edits"] = _NO_EDITS_SORTED
    return orjson.dumps(digested)


def _is_time_spent(seconds: object) -> bool:
    return seconds is None or (isinstance(seconds, float) and seconds >= 0)
