"""The columns of an exported row: their Arrow types, and the row of an item."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from mifg_pipeline.export.images import file_name
from mifg_pipeline.export.selection import Entry
from mifg_pipeline.items import Answer, Item, Sample, canonical_json

IMAGE: Final = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""How Hugging Face's ``Image`` feature is stored."""

_STRINGS: Final = pa.list_(pa.string())
_TOLERANCE: Final = pa.struct([("absolute", pa.float64()), ("relative", pa.float64())])
_REGION: Final = pa.struct([("image", pa.int32()), ("bbox", pa.list_(pa.int32())), ("label", pa.string())])
_REVIEW: Final = pa.struct([("status", pa.string()), ("decision", pa.string()), ("annotators", _STRINGS)])

COLUMNS: Final = pa.schema(
    [
        ("id", pa.string()),
        ("images", pa.list_(IMAGE)),
        ("question", pa.string()),
        ("options", _STRINGS),
        ("answer", pa.string()),
        ("answer_kind", pa.string()),
        ("aliases", _STRINGS),
        ("tolerance", _TOLERANCE),
        ("unit", pa.string()),
        ("ordered", pa.bool_()),
        ("evidence", pa.list_(_REGION)),
        ("roles", _STRINGS),
        ("skills", _STRINGS),
        ("difficulty", pa.string()),
        ("pass_rate", pa.float64()),
        ("licenses", _STRINGS),
        ("attributions", _STRINGS),
        ("sources", _STRINGS),
        ("pool", pa.string()),
        ("writer", pa.string()),
        ("provenance", pa.string()),
        ("review", _REVIEW),
    ]
)


def answer_column(sample: Sample) -> str:
    """The key as the text that a right reply has in its answer tags: the letter for a choice, else the value."""
    return str(sample.answer.value) if sample.options is not None else sample.answer_text()


def pass_rate_column(item: Item) -> float | None:
    """Share of right replies in the difficulty probe; None where that was not made."""
    return next((probe.correct / probe.attempts for probe in item.probes if probe.kind == "difficulty"), None)


def row_of(entry: Entry, contents: Sequence[bytes]) -> dict[str, Any]:
    """The row of an item, keyed by ``COLUMNS``.

    Args:
        entry: The item with what people said of it.
        contents: The bytes of the files of its images, in their order.
    """
    item = entry.item
    answer = item.answer
    return {
        "id": item.id,
        "images": [
            {"bytes": content, "path": file_name(image)} for image, content in zip(item.images, contents, strict=True)
        ],
        "question": item.question,
        "options": item.options,
        "answer": answer_column(item),
        "answer_kind": answer.kind,
        "aliases": answer.aliases,
        "tolerance": answer.tolerance.model_dump() if answer.tolerance else None,
        "unit": answer.unit,
        "ordered": answer.ordered if answer.kind == "list" else None,
        "evidence": [region.model_dump() for region in item.evidence],
        "roles": item.roles,
        "skills": item.skills,
        "difficulty": item.difficulty,
        "pass_rate": pass_rate_column(item),
        "licenses": [image.license for image in item.images],
        "attributions": [image.attribution for image in item.images],
        "sources": [image.source for image in item.images],
        "pool": item.pool,
        "writer": item.provenance.writer,
        "provenance": _provenance(item),
        "review": {"status": entry.status, "decision": entry.decision, "annotators": entry.annotators},
    }


def answer_of(row: Mapping[str, Any]) -> Answer:
    """The key of a row.

    Raises:
        ValueError: If the columns do not fit each other.
        KeyError: If one is missing.
    """
    value = json.loads(row["provenance"])["answer"]
    return Answer(
        kind=row["answer_kind"],
        value=tuple(value) if isinstance(value, list) else value,
        aliases=row["aliases"],
        tolerance=row["tolerance"],
        unit=row["unit"],
        ordered=row["ordered"] is not False,
    )


def _provenance(item: Item) -> str:
    origin = item.provenance.model_dump(mode="json", exclude={"writer"})
    images = [
        image.model_dump(mode="json", include={"sha256", "width", "height", "phash", "derived_from"})
        for image in item.images
    ]
    probes = [probe.model_dump(mode="json", exclude={"answers"}) for probe in item.probes]
    made = {
        "digest": item.digest,
        "parent_id": item.parent_id,
        "answer": item.answer.model_dump(mode="json")["value"],
        "people_first": item.verdict.people_first,
        "images": images,
        "probes": probes,
    }
    return canonical_json({**origin, **made})
