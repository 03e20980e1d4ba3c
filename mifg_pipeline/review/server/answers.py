"""Answers in JSON, from records and from plain values."""

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import BaseModel
from starlette.responses import Response


def json_answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that holds JSON values."""
    return Response(orjson.dumps(content), status, dict(headers or {}), "application/json")


def record_answer(record: BaseModel, status: int = 200) -> Response:
    """An answer that holds a record."""
    return Response(record.model_dump_json(), status, media_type="application/json")


def nothing() -> Response:
    """The answer where there is nothing to say."""
    return Response(status_code=204)
