"""Writes the JSON Schemas of all records that reach disk into this folder."""

import json
from pathlib import Path

from mifg_pipeline.items import CorpusImage, Item, Record, Rejection
from mifg_pipeline.review.records import ReviewLine
from mifg_pipeline.store import RunManifest
from mifg_pipeline.store.review_records import ReviewEvent
from mifg_pipeline.store.review_rules import ReviewRules
from mifg_pipeline.store.review_status import ReviewStatus

FOLDER = Path(__file__).parent

RECORDS: tuple[type[Record], ...] = (
    CorpusImage,
    Item,
    Rejection,
    ReviewEvent,
    ReviewLine,
    ReviewRules,
    ReviewStatus,
    RunManifest,
)


def schemas() -> dict[str, str]:
    """File name to content."""
    return {f"{record.__name__}.json": json.dumps(record.model_json_schema(), indent=2) + "\n" for record in RECORDS}


if __name__ == "__main__":
    for name, content in schemas().items():
        (FOLDER / name).write_text(content, encoding="utf-8")
