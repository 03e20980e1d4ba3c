from collections.abc import Callable
from typing import Any

import pytest

from mifg_pipeline.config import GateSettings
from mifg_pipeline.gates import scorer_self_check
from mifg_pipeline.items import Answer, Draft, Tolerance

MakeDraft = Callable[..., Draft]


@pytest.mark.parametrize(
    "fields",
    [
        {"options": ("top left", "centre", "top centre"), "answer": Answer(kind="choice", value="B")},
        {"options": ("7", "17"), "answer": Answer(kind="choice", value="A")},
        {"options": None, "answer": Answer(kind="integer", value=-5, unit="degrees")},
        {"options": None, "answer": Answer(kind="number", value=1e-5, tolerance=Tolerance(relative=0.1))},
        {"options": None, "answer": Answer(kind="boolean", value=False)},
        {"options": None, "answer": Answer(kind="text", value="K7M", aliases=("K-7-M",))},
        {"options": None, "answer": Answer(kind="list", value=("1", "3"))},
    ],
)
def test_a_sound_key_passes(make_draft: MakeDraft, fields: dict[str, Any]) -> None:
    assert scorer_self_check(make_draft(**fields), GateSettings()).passed


@pytest.mark.parametrize(
    "fields",
    [
        {"options": ("7", "seven"), "answer": Answer(kind="choice", value="A")},
        {"options": ("B", "A"), "answer": Answer(kind="choice", value="A")},
        {"options": ("x", "A) x"), "answer": Answer(kind="choice", value="A")},
        {"options": ("dog", "the Dog"), "answer": Answer(kind="choice", value="B")},
        {"options": None, "answer": Answer(kind="text", value="<answer>K7M</answer>X")},
        {"options": None, "answer": Answer(kind="text", value="K7M", aliases=("</answer>",))},
        {"options": None, "answer": Answer(kind="number", value=float("inf"))},
    ],
)
def test_a_key_that_the_scorer_misjudges_is_rejected(make_draft: MakeDraft, fields: dict[str, Any]) -> None:
    assert not scorer_self_check(make_draft(**fields), GateSettings()).passed


def test_the_reason_names_the_misjudged_text(make_draft: MakeDraft) -> None:
    draft = make_draft(options=("x", "A) x"), answer=Answer(kind="choice", value="A"))
    result = scorer_self_check(draft, GateSettings())
    assert result.figures == {"text": "A) x", "score": 1.0, "expected": 0.0}
