"""Difficulty critic: is the draft legible, worth asking, and not answerable with less than it shows?

What costs nothing comes first: the size of the evidence decides whether it is legible. Then a judge reads the draft,
and solvers try to answer it without images, without each image that counts, and at low resolution.
"""

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mifg_pipeline.agents.findings import Findings, Step
from mifg_pipeline.agents.judge import judge
from mifg_pipeline.agents.probe_view import ProbeView
from mifg_pipeline.agents.prober import Probed, Prober, Subject, is_for_models
from mifg_pipeline.config import GenerateSettings, SequentialTest
from mifg_pipeline.gates import probe_verdicts, resolvability
from mifg_pipeline.items import Difficulty, Draft, ImageRef
from mifg_pipeline.models.chat import ChatModel

ModelGate = Callable[[Subject], Awaitable[Findings]]


@dataclass(frozen=True)
class Criticism:
    """What the critic says of a draft.

    Attributes:
        findings: Gate by gate.
        difficulty: The label; None where the draft was rejected before it could be given.
    """

    findings: Findings
    difficulty: Difficulty | None


class DifficultyCritic:
    """Criticises drafts by rule, and by a judge and solvers where the settings name any.

    Args:
        settings: Of the run.
        models: By their names in the settings.
        locate: Where an image of an attempt lies: (image, attempt) to path.
        prober: Puts drafts to solvers.
    """

    def __init__(
        self,
        settings: GenerateSettings,
        models: Mapping[str, ChatModel],
        locate: Callable[[ImageRef, int], Path],
        prober: Prober,
    ) -> None:
        self._settings = settings
        self._models = models
        self._locate = locate
        self._prober = prober

    async def criticise(self, subject: Subject) -> Criticism:
        """Runs the gates in order, up to the first that rejects the draft.

        Raises:
            ImageError: If an image can no longer be read.
            MifgError: If a model cannot be asked at all.
        """
        started = time.thread_time()
        legible, result = resolvability(subject.draft, self._settings.gates)
        findings = Findings((Step(result, time.thread_time() - started),))
        for gate in self._gates_of_models(subject.draft, legible):
            if findings.passed:
                findings += await gate(subject)
        if legible is None or not findings.passed:
            return Criticism(findings, None)
        return Criticism(findings, probe_verdicts.difficulty_by(legible, findings.result_of("glance")))

    def _gates_of_models(self, draft: Draft, legible: Difficulty | None) -> Iterator[ModelGate]:
        """Those that are on for this draft; what is legible at first view is not looked at in low resolution too."""
        probes = self._settings.probes
        if self._settings.agents.judge is not None and is_for_models(draft, self._settings.agents):
            yield partial(self._judged, self._settings.agents.judge)
        if not self._prober.probes(draft):
            return
        if probes.blind is not None:
            yield partial(self._blind, probes.blind)
        if probes.necessity is not None and probe_verdicts.images_that_count(draft):
            yield partial(self._necessity, probes.necessity)
        if probes.glance is not None and legible == "zoom":
            yield partial(self._glance, probes.glance)
        if probes.difficulty_attempts:
            yield self._pass_rate

    async def _judged(self, name: str, subject: Subject) -> Findings:
        paths = [self._locate(image, subject.attempt) for image in subject.draft.images]
        judged = await judge(subject.draft, paths, self._models[name], self._settings.models[name])
        step = Step(judged.result, usage=judged.usage)
        return Findings((step,), calls=judged.calls, people_first=judged.people_first)

    async def _blind(self, settings: SequentialTest, subject: Subject) -> Findings:
        test = probe_verdicts.wald_test(settings, subject.draft)
        probed = await self._prober.probe(subject, ProbeView("blind", pixels=0), test.next_wave)
        return Findings.of(probe_verdicts.blind(probed.probe, test), probed)

    async def _necessity(self, settings: SequentialTest, subject: Subject) -> Findings:
        """Withholds one image after the other, up to the first that can be spared."""
        images = probe_verdicts.images_that_count(subject.draft)
        test = probe_verdicts.wald_test(settings, subject.draft, sharing=len(images))
        probed: list[Probed] = []
        for image in images:
            view = ProbeView("necessity", self._settings.gates.first_view_pixels, withheld=image)
            probed.append(await self._prober.probe(subject, view, test.next_wave))
            if not probe_verdicts.necessity([probed[-1].probe], test).result.passed:
                break
        return Findings.of(probe_verdicts.necessity([one.probe for one in probed], test), *probed)

    async def _glance(self, settings: SequentialTest, subject: Subject) -> Findings:
        test = probe_verdicts.wald_test(settings, subject.draft)
        view = ProbeView("glance", self._settings.probes.glance_pixels)
        probed = await self._prober.probe(subject, view, test.next_wave)
        return Findings.of(probe_verdicts.glance(probed.probe, test), probed)

    async def _pass_rate(self, subject: Subject) -> Findings:
        wanted = self._settings.probes.difficulty_attempts
        view = ProbeView("difficulty", self._settings.gates.first_view_pixels)
        probed = await self._prober.probe(subject, view, lambda _, made: wanted - made)
        return Findings.of(probe_verdicts.difficulty(probed.probe), probed)
