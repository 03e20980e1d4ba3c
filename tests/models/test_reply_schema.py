from typing import ClassVar, Literal

import pytest
from pydantic import BaseModel

from mifg_pipeline.agents.replies import Reply
from mifg_pipeline.models.reply_schema import reply_schema

STRICT_KEYWORDS = {
    *("$defs", "$ref", "additionalProperties", "anyOf", "const", "enum", "items", "properties", "required", "type")
}
"""What OpenAI, vLLM and llama.cpp all know in strict mode."""

REPLIES = sorted(Reply.__subclasses__(), key=lambda reply_type: reply_type.name)


def schemas_in(schema):
    """The schema and all schemas within it."""
    yield schema
    inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", [])]
    for each in [*inner, *([schema["items"]] if "items" in schema else [])]:
        yield from schemas_in(each)


def test_there_are_replies():
    assert {reply_type.name for reply_type in REPLIES} >= {
        "inventory",
        "selection",
        "question",
        "judgement",
        "solution",
    }


@pytest.mark.parametrize("reply_type", REPLIES, ids=lambda reply_type: reply_type.name)
def test_a_schema_uses_what_strict_mode_knows(reply_type):
    used = {keyword for schema in schemas_in(reply_schema(reply_type).schema) for keyword in schema}
    assert used <= STRICT_KEYWORDS


@pytest.mark.parametrize("reply_type", REPLIES, ids=lambda reply_type: reply_type.name)
def test_every_property_is_required_and_no_other_allowed(reply_type):
    objects = [each for each in schemas_in(reply_schema(reply_type).schema) if each.get("type") == "object"]
    assert objects
    for each in objects:
        assert set(each["required"]) == set(each["properties"])
        assert each["additionalProperties"] is False


def test_annotations_are_left_out_and_fields_of_their_names_kept():
    class Page(BaseModel):
        """A page."""

        name: ClassVar[str] = "page"

        title: str
        description: Literal["long", "short"] = "long"

    assert reply_schema(Page).schema == {
        "type": "object",
        "properties": {"title": {"type": "string"}, "description": {"type": "string", "enum": ["long", "short"]}},
        "required": ["title", "description"],
        "additionalProperties": False,
    }
