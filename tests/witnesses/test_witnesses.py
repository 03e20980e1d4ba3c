"""What the package promises as a whole."""

import subprocess
import sys
from typing import Any

import pytest

from mifg_pipeline.items import Claim
from mifg_pipeline.witnesses import READERS, WITNESSES


def test_every_family_has_its_witness() -> None:
    assert sorted(WITNESSES) == [
        "compare",
        "count-across",
        "find-detail",
        "match",
        "odd-one-out",
        "order",
        "read-across",
        "relate",
        "same-scene",
        "spot-change",
        "two-hop",
    ]
    assert all(witness.family == family for family, witness in WITNESSES.items())


def test_every_witness_asks_for_known_readers() -> None:
    assert {reader for witness in WITNESSES.values() for reader in witness.readers} <= set(READERS)


@pytest.mark.parametrize(
    ("family", "form", "terms"),
    [
        ("count-across", "total", {"category": "star", "colour": "red"}),
        ("count-across", "total", {"category": None, "colour": "red"}),
        ("count-across", "total", {"category": "sign", "colour": None}),
        ("read-across", "sum", {"signs": [[0, "red"], [1, "white"]]}),
        ("relate", "nearest", {"anchor_category": "heart", "anchor_colour": None}),
        ("two-hop", "sign-of-most", {"category": "ring", "colour": None, "sign_colour": "blue"}),
        ("find-detail", "which-image", {"query": 0, "candidates": [1, 2]}),
    ],
)
def test_claims_about_drawn_things_and_pixels_can_be_checked(family: str, form: str, terms: dict[str, Any]) -> None:
    assert WITNESSES[family].can_check(Claim(family=family, form=form, terms=terms))


@pytest.mark.parametrize(
    ("family", "form", "terms"),
    [
        ("count-across", "total", {"category": "dog", "colour": None}),
        ("compare", "which-most", {"category": "star", "colour": "beige"}),
        ("odd-one-out", "which-lacks", {"category": "traffic light", "colour": "red"}),
        ("relate", "nearest", {"anchor_category": "dog", "anchor_colour": None}),
        (
            "relate",
            "which-side",
            {"category": "star", "colour": None, "anchor_category": "star", "anchor_colour": "tan"},
        ),
        ("read-across", "sum", {"signs": [[0, "red"], [1, "grey"]]}),
        ("two-hop", "sign-of-most", {"category": "ring", "colour": None, "sign_colour": "grey"}),
    ],
)
def test_claims_about_other_things_cannot(family: str, form: str, terms: dict[str, Any]) -> None:
    assert not WITNESSES[family].can_check(Claim(family=family, form=form, terms=terms))


@pytest.mark.parametrize("family", sorted(WITNESSES))
def test_claims_of_an_unknown_form_cannot_be_checked(family: str) -> None:
    assert not WITNESSES[family].can_check(Claim(family=family, form="no-such-form"))


def test_importing_the_witnesses_loads_no_vision_library() -> None:
    code = (
        "import sys, mifg_pipeline.witnesses as w; w.ocr_available();"
        "print(sorted({'cv2', 'onnxruntime', 'rapidocr', 'scipy'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
