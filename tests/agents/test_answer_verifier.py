"""A draft passes where the witness's answer is right by the scorer."""

import asyncio
from pathlib import Path

import pytest

from mifg_pipeline import witnesses
from mifg_pipeline.agents.answer_verifier import AnswerVerifier, compare
from mifg_pipeline.agents.workers import WorkerPool
from mifg_pipeline.items import Claim


@pytest.mark.parametrize(("answer", "passes"), [("Image 2", True), ("Image 1", False), ("Image 7", False)])
def test_the_witness_must_agree_with_the_key(answer, passes, make_draft):
    result = compare(make_draft(), witnesses.Testimony(answer))
    assert result.passed is passes
    assert (result.figures["witness"], result.figures["key"]) == (answer, "Image 2")


def test_a_witness_that_cannot_tell_stops_the_draft_with_its_reason(make_draft):
    result = compare(make_draft(), witnesses.Testimony(None, reason="the detail is found in two places"))
    assert not result.passed
    assert result.reason == "the pixels do not decide it: the detail is found in two places"


DOGS = {"images": [0, 1], "category": "dog", "colour": None}


@pytest.mark.parametrize(
    "claim",
    [
        None,
        Claim(family="no-such-family", form="x"),
        Claim(family="count-across", form="no-such-form"),
        Claim(family="count-across", form="total", terms=DOGS),
    ],
)
def test_a_draft_without_a_witness_passes_and_goes_to_people_first(claim, make_draft):
    with WorkerPool(1) as workers:
        verifier = AnswerVerifier(lambda image, attempt: Path("unused"), readings={}, workers=workers)
        verification = asyncio.run(verifier.verify(make_draft(claim=claim), attempt=0))
    assert verification.result.passed
    assert verification.people_first
