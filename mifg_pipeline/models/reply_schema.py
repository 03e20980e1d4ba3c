"""JSON Schemas of replies, in the subset that servers in strict mode know."""

from functools import cache
from typing import Any, ClassVar, Final, Protocol, Self

from mifg_pipeline.models.chat import ReplySchema

ANNOTATIONS: Final = ("title", "description", "default", "examples")
"""Keywords that are left out: what the fields mean stands in the prompts."""


class ReplyType(Protocol):
    """A pydantic model of a reply, with the name that the server sees."""

    name: ClassVar[str]

    @classmethod
    def model_json_schema(cls) -> dict[str, Any]:
        """Its JSON Schema."""
        ...

    @classmethod
    def model_validate(cls, obj: Any, /) -> Self:
        """The reply that a JSON value is; raises pydantic's ``ValidationError`` where it is none."""
        ...


@cache
def reply_schema(reply_type: type[ReplyType]) -> ReplySchema:
    """The schema of a type of replies: every property of an object is required, and no other is allowed."""
    return ReplySchema(reply_type.name, _strict(reply_type.model_json_schema()))


def _strict(schema: dict[str, Any]) -> dict[str, Any]:
    strict = {name: _strict_value(name, value) for name, value in schema.items() if name not in ANNOTATIONS}
    if "properties" in strict:
        strict["required"] = list(strict["properties"])
        strict["additionalProperties"] = False
    return strict


def _strict_value(keyword: str, value: Any) -> Any:
    """The value of a keyword, with the schemas that it holds made strict."""
    if keyword in ("properties", "$defs"):
        return {name: _strict(inner) for name, inner in value.items()}
    if keyword == "anyOf":
        return [_strict(inner) for inner in value]
    return _strict(value) if keyword == "items" else value
