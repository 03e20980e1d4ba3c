"""Answer verifier: has a pixel witness answer the draft's question and compares.

What a reader sees in an image does not depend on the question, so each image is read once and the reading kept.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from mifg_pipeline.agents.workers import WorkerPool
from mifg_pipeline.corpus.pixels import cached_upright
from mifg_pipeline.items import Claim, Draft, GateResult, ImageRef
from mifg_pipeline.scoring import score_text
from mifg_pipeline.witnesses import READERS, WITNESSES, Sight, Testimony

GATE = "answer_verifier"


@dataclass(frozen=True)
class Verification:
    """What the verifier says of a draft.

    Attributes:
        result: Passed where the witness agrees, or where there is none.
        people_first: Whether nobody could check the key.
        seconds: CPU time.
    """

    result: GateResult
    people_first: bool
    seconds: float


class ReadingStore(Protocol):
    """Keeps what readers saw (the run's ledger)."""

    def reading(self, sha256: str, reader: str) -> JsonValue:
        """The stored reading, or None."""
        ...

    def add_reading(self, sha256: str, reader: str, value: JsonValue) -> None:
        """Stores a reading."""
        ...


class AnswerVerifier:
    """Verifies drafts by pixel witnesses.

    Args:
        path_of: Where an image of an attempt lies: (image, attempt) to path.
        readings: Kept across attempts and runs of the program.
        workers: Run readers and witnesses.
    """

    def __init__(self, path_of: Callable[[ImageRef, int], Path], readings: ReadingStore, workers: WorkerPool) -> None:
        self._path_of = path_of
        self._readings = readings
        self._workers = workers
        self._being_read: dict[tuple[str, str], asyncio.Task[float]] = {}

    async def verify(self, draft: Draft, attempt: int) -> Verification:
        """Compares the witness's answer with the key.

        Raises:
            ImageError: If an image can no longer be read.
        """
        witness = WITNESSES.get(draft.claim.family) if draft.claim else None
        if draft.claim is None or witness is None or not witness.can_check(draft.claim):
            return Verification(GateResult(gate=GATE, passed=True, reason="no witness"), people_first=True, seconds=0.0)
        paths = [self._path_of(image, attempt) for image in draft.images]
        seconds = 0.0
        for image, path in zip(draft.images, paths, strict=True):
            for reader in witness.readers:
                seconds += await self._read(image, path, reader)
        sights = [
            (path, image.sha256, {reader: self._readings.reading(image.sha256, reader) for reader in witness.readers})
            for image, path in zip(draft.images, paths, strict=True)
        ]
        testimony = await self._workers.run(testify, draft.claim, sights)
        return Verification(compare(draft, testimony.value), people_first=False, seconds=seconds + testimony.seconds)

    async def _read(self, image: ImageRef, path: Path, reader: str) -> float:
        """Reads the image unless that was done or is under way; returns the CPU seconds that it took now."""
        if self._readings.reading(image.sha256, reader) is not None:
            return 0.0
        key = (image.sha256, reader)
        if key in self._being_read:
            await asyncio.shield(self._being_read[key])
            return 0.0
        task = asyncio.create_task(self._read_now(image, path, reader))
        self._being_read[key] = task
        try:
            return await task
        finally:
            del self._being_read[key]

    async def _read_now(self, image: ImageRef, path: Path, reader: str) -> float:
        reading = await self._workers.run(read_image, path, image.sha256, reader)
        self._readings.add_reading(image.sha256, reader, reading.value)
        return reading.seconds


def compare(draft: Draft, testimony: Testimony) -> GateResult:
    """Passes where the witness's answer is right by the scorer."""
    figures = {**testimony.figures, "witness": testimony.answer, "key": draft.answer_text()}
    if testimony.answer is None:
        return GateResult(
            gate=GATE, passed=False, reason=f"the pixels do not decide it: {testimony.reason}", figures=figures
        )
    if score_text(draft.answer, draft.options, testimony.answer) == 1.0:
        return GateResult(gate=GATE, passed=True, figures=figures)
    reason = f"the witness answers {testimony.answer!r}, the key says {draft.answer_text()!r}"
    return GateResult(gate=GATE, passed=False, reason=reason, figures=figures)


def read_image(path: Path, sha256: str, reader: str) -> JsonValue:
    """Runs a reader on an image file (in a worker)."""
    return READERS[reader](cached_upright(path, sha256))


def testify(claim: Claim, sights: list[tuple[Path, str, dict[str, JsonValue]]]) -> Testimony:
    """Runs the claim's witness on image files (in a worker)."""
    return WITNESSES[claim.family].testify(
        claim, [Sight(partial(cached_upright, path, sha256), readings) for path, sha256, readings in sights]
    )
