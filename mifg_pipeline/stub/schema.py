"""JSON Schemas of replies: whether OpenAI's strict mode would take one, and the least that fits it."""

from collections.abc import Iterator

from pydantic import JsonValue

Schema = dict[str, JsonValue]

_UNSUPPORTED = frozenset(
    (
        *("allOf", "not", "oneOf", "prefixItems", "contains", "uniqueItems", "minContains", "maxContains"),
        *("patternProperties", "propertyNames", "unevaluatedProperties", "minProperties", "maxProperties"),
        *("dependentRequired", "dependentSchemas", "if", "then", "else"),
    )
)
"""Keywords that strict mode refuses."""

_TEXT = "stub"
"""Any string of a least instance."""


def check_strict(schema: Schema) -> str | None:
    """What keeps OpenAI's strict mode from taking a schema, in its words; None where nothing does.

    Every object closes itself to further properties and requires all it names; some keywords are refused; the root is
    an object. (Rules: OpenAI's guide to structured outputs, "supported schemas".)
    """
    if schema.get("type") != "object":
        return f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{schema.get('type')}\"'."
    problems = (f"In context={where}, {problem}" for where, node in _nodes(schema, ()) if (problem := _problem(node)))
    return next(problems, None)


def _problem(node: Schema) -> str | None:
    unsupported = sorted(_UNSUPPORTED & node.keys())
    if unsupported:
        return f"'{unsupported[0]}' is not permitted."
    if node.get("type") == "object":
        if node.get("additionalProperties") is not False:
            return "'additionalProperties' is required to be supplied and to be false."
        missing = sorted(_mapping(node, "properties").keys() - set(_list(node, "required")))
        if missing:
            return (
                "'required' is required to be supplied and to be an array including every key in properties. "
                f"Missing '{missing[0]}'."
            )
    if node.get("type") == "array" and not isinstance(node.get("items"), dict):
        return "array schema missing items."
    return None


def _nodes(schema: Schema, where: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Schema]]:
    """All schemas within a schema, itself first, each with the path to it."""
    yield where, schema
    for keyword in ("properties", "$defs"):
        for name, child in _mapping(schema, keyword).items():
            if isinstance(child, dict):
                yield from _nodes(child, (*where, keyword, name))
    items = schema.get("items")
    if isinstance(items, dict):
        yield from _nodes(items, (*where, "items"))
    for index, child in enumerate(_list(schema, "anyOf")):
        if isinstance(child, dict):
            yield from _nodes(child, (*where, "anyOf", str(index)))


def least_instance(schema: Schema) -> JsonValue:
    """The least value that fits a schema: null where it may be, empty lists, nought, the first of alternatives.

    Knows what pydantic writes for models of plain types; bounds on numbers and patterns of strings are not heeded.
    """
    return _least(schema, schema)


def _least(schema: Schema, root: Schema) -> JsonValue:
    if "const" in schema:
        return schema["const"]
    if enum := _list(schema, "enum"):
        return enum[0]
    for keyword in ("anyOf", "oneOf", "allOf"):
        if choices := _list(schema, keyword):
            return None if {"type": "null"} in choices else _least(_as_schema(choices[0]), root)
    if "$ref" in schema:
        return _least(_resolve(str(schema["$ref"]), root), root)
    kind = schema.get("type")
    if kind == "object":
        properties = _mapping(schema, "properties")
        return {str(name): _least(_as_schema(properties.get(str(name))), root) for name in _list(schema, "required")}
    if kind == "array":
        return _least_array(schema, root)
    plain: Schema = {"string": _TEXT, "integer": 0, "number": 0.0, "boolean": False}
    return plain.get(str(kind))


def _least_array(schema: Schema, root: Schema) -> list[JsonValue]:
    fixed = _list(schema, "prefixItems")
    least = schema.get("minItems", 0)
    count = max(least, len(fixed)) if isinstance(least, int) else len(fixed)
    return [_least(_as_schema(fixed[i] if i < len(fixed) else schema.get("items")), root) for i in range(count)]


def _resolve(reference: str, root: Schema) -> Schema:
    node: JsonValue = root
    for name in reference.removeprefix("#/").split("/"):
        node = node.get(name) if isinstance(node, dict) else None
    return _as_schema(node)


def _as_schema(value: JsonValue) -> Schema:
    return value if isinstance(value, dict) else {}


def _mapping(schema: Schema, keyword: str) -> Schema:
    return _as_schema(schema.get(keyword))


def _list(schema: Schema, keyword: str) -> list[JsonValue]:
    value = schema.get(keyword)
    return value if isinstance(value, list) else []
