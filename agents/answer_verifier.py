"""Answer verifier: does somebody who never saw the key come to the same answer?

A pixel witness does where there is one for the question, and solvers do where there are any, with the evidence
enlarged. What a reader sees in an image does not depend on the question, so each image is read once, and the reading
kept.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from pydantic import JsonValue

from mifg_pipeline.agents.findings import Findings, Step
from mifg_pipeline.agents.probe_view import ProbeView
from mifg_pipeline.agents.prober import Prober, Subject
from mifg_pipeline.agents.workers import WorkerPool
from mifg_pipeline.config import GenerateSettings, SequentialTest
from mifg_pipeline.corpus.pixels import cached_upright
from mifg_pipeline.gates import probe_verdicts
from mifg_pipeline.items import Claim, Draft, GateResult, ImageRef, Probe
from mifg_pipeline.scoring import score_text
from mifg_pipeline.witnesses import READERS, WITNESSES, Sight, Testimony

GATE = "answer_verifier"


class ReadingStore(Protocol):
    """Keeps what readers saw (the run's ledger)."""

    def reading(self, sha256: str, reader: str) -> JsonValue:
        """The stored reading, or None."""
        ...

    def add_reading(self, sha256: str, reader: str, value: JsonValue) -> None:
        """Stores a reading."""
        ...


class AnswerVerifier:
    """Verifies drafts by pixel witnesses, and by solvers where the settings name any.

    Args:
        settings: Of the probes.
        locate: Where an image of an attempt lies: (image, attempt) to path.
        readings: Kept across attempts and runs of the program.
        workers: Run readers and witnesses.
        prober: Puts drafts to solvers.
    """

    def __init__(
        self,
        settings: GenerateSettings,
        locate: Callable[[ImageRef, int], Path],
        readings: ReadingStore,
        workers: WorkerPool,
        prober: Prober,
    ) -> None:
        self._probes = settings.probes
        self._first_view = settings.gates.first_view_pixels
        self._locate = locate
        self._readings = readings
        self._workers = workers
        self._prober = prober
        self._being_read: dict[tuple[str, str], asyncio.Task[float]] = {}

    async def verify(self, subject: Subject) -> Findings:
        """Compares the key with what a witness says, and then with what solvers say.

        A draft that has no witness goes to people first, unless solvers agreed on its key.

        Raises:
            ImageError: If an image can no longer be read.
            MifgError: If a solver cannot be asked at all.
        """
        findings = await self._heard(subject)
        if not findings.passed or not self._prober.probes(subject.draft):
            return findings
        if self._probes.consistency is not None:
            findings = replace(findings, people_first=False)
        in_given_order: Probe | None = None
        if self._probes.focus is not None:
            focused = await self._focus(self._probes.focus, subject)
            in_given_order = focused.probes[0]
            findings += focused
        if self._probes.consistency is not None and findings.passed:
            findings += await self._consistency(self._probes.consistency, subject, in_given_order)
        return findings

    async def _focus(self, settings: SequentialTest, subject: Subject) -> Findings:
        test = probe_verdicts.wald_test(settings, subject.draft)
        view = ProbeView("focus", self._first_view, with_details=True)
        probed = await self._prober.probe(subject, view, test.next_wave)
        return Findings.of(probe_verdicts.focus(probed.probe, test), probed)

    async def _consistency(self, settings: SequentialTest, subject: Subject, in_given_order: Probe | None) -> Findings:
        test = probe_verdicts.wald_test(settings, subject.draft)
        view = ProbeView("consistency", self._first_view, with_details=True, is_permuted=True)
        probed = await self._prober.probe(subject, view, test.next_wave)
        verdict = probe_verdicts.consistency(
            subject.draft, probed.probe, test, in_given_order, rejects=self._probes.reject_inconsistent
        )
        return Findings.of(verdict, probed)

    async def _heard(self, subject: Subject) -> Findings:
        """What a witness says."""
        draft = subject.draft
        witness = WITNESSES.get(draft.claim.family) if draft.claim else None
        if draft.claim is None or witness is None or not witness.can_check(draft.claim):
            step = Step(GateResult(gate=GATE, passed=True, reason="no witness"))
            return Findings((step,), people_first=True)
        paths = [self._locate(image, subject.attempt) for image in draft.images]
        seconds = 0.0
        for image, path in zip(draft.images, paths, strict=True):
            for reader in witness.readers:
                seconds += await self._read(image, path, reader)
        sights = [
            (path, image.sha256, {reader: self._readings.reading(image.sha256, reader) for reader in witness.readers})
            for image, path in zip(draft.images, paths, strict=True)
        ]
        testimony = await self._workers.run(testify, draft.claim, sights)
        return Findings((Step(compare(draft, testimony.value), seconds + testimony.seconds),))

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
