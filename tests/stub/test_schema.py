"""Schemas of replies: what strict mode takes, and the least that fits."""

import copy
from typing import Any, Literal, Optional

import pytest
from pydantic import BaseModel, ConfigDict, create_model

from mifg_pipeline.agents import replies
from mifg_pipeline.stub.schema import check_strict, least_instance

REPLIES = replies.Reply.__subclasses__()


class Node(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    next: Optional["Node"]
    children: list["Node"]


def schema_of(kind: Any) -> dict[str, Any]:
    return create_model("Model", __config__=ConfigDict(extra="forbid"), field=(kind, ...)).model_json_schema()


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply.name)
def test_the_least_instance_of_every_reply_fits(reply: type[replies.Reply]) -> None:
    reply.model_validate(least_instance(reply.model_json_schema()))


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        (int, 0),
        (float, 0.0),
        (bool, False),
        (str, "stub"),
        (Literal["b", "a"], "b"),
        (Literal["only"], "only"),
        (str | None, None),
        (int | str, 0),
        (list[int], []),
        (tuple[int, str], [0, "stub"]),
        (dict[str, int], {}),
        (Node, {"name": "stub", "next": None, "children": []}),
    ],
)
def test_the_least_instance_is_the_least_of_its_kind(kind: Any, least: Any) -> None:
    assert least_instance(schema_of(kind)) == {"field": least}


def test_optional_properties_are_left_out() -> None:
    optional = create_model("Model", field=(int, 3))
    assert least_instance(optional.model_json_schema()) == {}


def test_a_list_is_as_long_as_it_has_to_be() -> None:
    assert least_instance({"type": "array", "items": {"type": "integer"}, "minItems": 2}) == [0, 0]


def test_strict_mode_takes_a_closed_schema_with_all_fields_required() -> None:
    assert check_strict(Node.model_json_schema()) is not None, "its root is a reference"
    assert check_strict(schema_of(Node)) is None


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda item: item.pop("additionalProperties"), "'additionalProperties' is required"),
        (lambda item: item.update(additionalProperties=True), "'additionalProperties' is required"),
        (lambda item: item["required"].remove("b"), "Missing 'b'"),
        (lambda item: item["properties"]["a"].update(prefixItems=[]), "'prefixItems' is not permitted"),
        (lambda item: item["properties"]["a"].pop("items"), "array schema missing items"),
        (lambda item: item.update(type="array"), "array schema missing items"),
    ],
)
@pytest.mark.parametrize("place", ["items", "anyOf", "$defs"])
def test_strict_mode_refuses_at_any_depth(place: str, change: Any, problem: str) -> None:
    item: dict[str, Any] = {
        "type": "object",
        "properties": {"a": {"type": "array", "items": {"type": "string"}}, "b": {"type": "integer"}},
        "required": ["a", "b"],
        "additionalProperties": False,
    }
    inner = {
        "items": {"type": "array", "items": item},
        "anyOf": {"anyOf": [{"type": "null"}, item]},
        "$defs": {"$ref": "#/$defs/Item"},
    }
    schema = {
        "type": "object",
        "properties": {"list": inner[place]},
        "required": ["list"],
        "additionalProperties": False,
        "$defs": {"Item": item} if place == "$defs" else {},
    }
    assert check_strict(copy.deepcopy(schema)) is None
    change(item)
    assert problem in (check_strict(schema) or "")


def test_strict_mode_refuses_a_root_that_is_no_object() -> None:
    assert 'type: "object"' in (check_strict({"type": "array", "items": {"type": "string"}}) or "")
