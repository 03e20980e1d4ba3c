"""Rows for the audit."""

import random
from collections.abc import Callable

import pytest

from mifg_pipeline.gates import AuditRow
from mifg_pipeline.items import Answer, ImageRef, Sample

CELLS = (
    *("top left", "top centre", "top right"),
    *("middle left", "centre", "middle right"),
    *("bottom left", "bottom centre", "bottom right"),
)
WORDINGS = (
    "In which cell of a 3×3 grid over Image 1 is the {colour} thing?",
    "One small {colour} place differs between Image 1 and Image 2. Divide them into 3×3 cells: which cell is it in?",
    "Image 1 was edited in one {colour} place, which gave Image 2. Which cell of a 3×3 grid holds the difference?",
)
COLOURS = ("red", "blue", "green", "black")

Bias = Callable[[Sample], int]
"""The index of the key that a biased writer prefers for the question."""


def make_rows(count: int, seed: int, bias: Bias | None = None, strength: float = 0.08) -> list[AuditRow]:
    rng = random.Random(seed)
    images = tuple(
        ImageRef(sha256=f"{index:064x}", path="a.jpg", width=500, height=500, phash="0" * 16) for index in range(2)
    )
    rows = []
    for _ in range(count):
        question = rng.choice(WORDINGS).format(colour=rng.choice(COLOURS))
        options = tuple(rng.sample(CELLS, 4))
        key = rng.randrange(4)
        sample = Sample(
            images=images, question=question, options=options, answer=Answer(kind="choice", value="ABCD"[key])
        )
        if bias is not None and rng.random() < strength:
            preferred = Answer(kind="choice", value="ABCD"[bias(sample)])
            sample = sample.model_copy(update={"answer": preferred})
        rows.append(AuditRow(family="spot-change", group=f"cluster {rng.randrange(count // 2)}", sample=sample))
    return rows


@pytest.fixture(name="make_rows")
def _make_rows() -> Callable[..., list[AuditRow]]:
    """Builds synthetic choice items with random keys.

    With a bias, the share ``strength`` of the keys is what the bias prefers; at 0.08 that is 6 points above chance.
    """
    return make_rows
