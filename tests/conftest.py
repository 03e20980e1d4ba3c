"""Records that tests of several packages need."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from mifg_pipeline.items import Answer, Draft, ImageRef, Item, Provenance, QuestionRecord, Region, Verdict

# Every run tries the same examples, so that a test fails for a change of the code and for nothing else.
# Nor for how busy the machine is.
settings.register_profile("repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")


def make_image_ref(name: str, **fields: Any) -> ImageRef:
    digest = hashlib.sha256(name.encode()).hexdigest()
    defaults = {
        "sha256": digest,
        "path": f"{name}.jpg",
        "width": 1000,
        "height": 800,
        "phash": digest[:16],
        "license": "CC0-1.0",
    }
    return ImageRef(**{**defaults, **fields})


def make_draft(**fields: Any) -> Draft:
    defaults: dict[str, Any] = {
        "images": (make_image_ref("first"), make_image_ref("second")),
        "question": "Which of Images 1 and 2 shows the red kite?",
        "options": ("Image 1", "Image 2"),
        "answer": Answer(kind="choice", value="B"),
        "roles": ("distractor", "evidence"),
        "evidence": (Region(image=1, bbox=(100, 100, 140, 140), label="kite"),),
        "skills": ("find",),
        "pool": "train",
        "writer": "test-family/test-form",
    }
    return Draft(**{**defaults, **fields})


def make_item(attempt: int = 0, difficulty: str = "zoom", **fields: Any) -> Item:
    draft = make_draft(**fields)
    return Item(
        **{name: getattr(draft, name) for name in QuestionRecord.model_fields},
        id=draft.compute_id(),
        digest=draft.compute_digest(),
        difficulty=difficulty,
        verdict=Verdict(gates=(), people_first=False),
        provenance=Provenance(run_id="0" * 32, attempt=attempt, seed=0, writer=draft.writer),
    )


@pytest.fixture(scope="session", name="make_image_ref")
def _make_image_ref() -> Callable[..., ImageRef]:
    """Builds an image reference; keyword arguments replace its fields."""
    return make_image_ref


@pytest.fixture(scope="session", name="make_draft")
def _make_draft() -> Callable[..., Draft]:
    """Builds a valid draft; keyword arguments replace its fields."""
    return make_draft


@pytest.fixture(scope="session", name="make_item")
def _make_item() -> Callable[..., Item]:
    """Builds a valid item; keyword arguments replace fields of its draft."""
    return make_item
