"""Puts candidates with known defects through the gates, and counts what they stop and how many calls that takes."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from exact_tests import exact, fixed_size
from planted_candidates import Candidate
from simulated_solver import Accuracies, SimulatedSolver

from mifg_pipeline.agents.answer_verifier import AnswerVerifier
from mifg_pipeline.agents.difficulty_critic import DifficultyCritic
from mifg_pipeline.agents.findings import Findings, Step
from mifg_pipeline.agents.prober import Prober, Subject
from mifg_pipeline.agents.workers import WorkerPool
from mifg_pipeline.config import AgentSettings, GenerateSettings, ModelSettings
from mifg_pipeline.gates import LINTS
from mifg_pipeline.gates.probe_verdicts import images_that_count, wald_test
from mifg_pipeline.gates.sequential_test import WaldTest
from mifg_pipeline.items import Draft, ImageRef, Probe

SETTINGS = GenerateSettings(
    items=1, models={"simulated": ModelSettings(model="simulated")}, agents=AgentSettings(solvers=("simulated",))
)
PEOPLE_FIRST = "people first"


@dataclass
class Tally:
    """What became of candidates of one kind.

    Attributes:
        candidates: How many there were.
        stopped: How many were stopped, by the gate that rejected them; those that go to people first by themselves.
        calls: Model calls.
        calls_of_fixed_tests: Calls that tests of fixed size with no larger error rates take for the same probes.
    """

    candidates: int = 0
    stopped: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    calls_of_fixed_tests: int = 0

    @property
    def share_stopped(self) -> float:
        """Of all candidates."""
        return self.stopped.total() / self.candidates

    @property
    def ratio(self) -> float:
        """Calls over those of tests of fixed size."""
        return self.calls / self.calls_of_fixed_tests if self.calls_of_fixed_tests else 0.0


def put_through(
    candidates: Iterable[Candidate], accuracies: Accuracies, seed: int, asked_before: Iterable[str] = ()
) -> Tally:
    """Puts candidates through lints, critic and verifier, and through the run's rule against repeated questions.

    Args:
        candidates: Of one kind.
        accuracies: Of the simulated solver.
        seed: Of its errors.
        asked_before: Keys of questions that the run has accepted already.
    """
    return asyncio.run(_put_through(candidates, accuracies, seed, frozenset(asked_before)))


async def _put_through(
    candidates: Iterable[Candidate], accuracies: Accuracies, seed: int, asked_before: frozenset[str]
) -> Tally:
    tally = Tally()
    for candidate in candidates:
        solver = SimulatedSolver(candidate, accuracies, SETTINGS.gates.first_view_pixels, seed)
        findings = await _examined(candidate, solver)
        tally.candidates += 1
        tally.calls += len(findings.calls)
        tally.calls_of_fixed_tests += sum(_fixed_calls(candidate.draft, probe) for probe in findings.probes)
        stopped_by = _stopped_by(findings)
        if stopped_by is None and candidate.key in asked_before:
            stopped_by = "repeated_question"
        if stopped_by is not None:
            tally.stopped[stopped_by] += 1
    return tally


async def _examined(candidate: Candidate, solver: SimulatedSolver) -> Findings:
    draft = candidate.draft
    for gate in LINTS:
        result = gate(draft, SETTINGS.gates)
        if not result.passed:
            return Findings((Step(result),))
    models = {"simulated": solver}
    prober = Prober(SETTINGS, models, _locate)
    subject = Subject(draft, attempt=candidate.number, round=0)
    criticism = await DifficultyCritic(SETTINGS, models, _locate, prober).criticise(subject)
    if not criticism.findings.passed:
        return criticism.findings
    with WorkerPool(1) as workers:
        verifier = AnswerVerifier(SETTINGS, _locate, {}, workers, prober)
        return criticism.findings + await verifier.verify(subject)


def _stopped_by(findings: Findings) -> str | None:
    if not findings.passed:
        return findings.steps[-1].result.gate
    return PEOPLE_FIRST if findings.people_first else None


def _fixed_calls(draft: Draft, probe: Probe) -> int:
    """Calls that the probe would have taken with a test of fixed size; the pass rate has no test."""
    test = _test_of(draft, probe)
    return probe.attempts if test is None else _fixed_size(test)


def _test_of(draft: Draft, probe: Probe) -> WaldTest | None:
    settings = getattr(SETTINGS.probes, probe.kind, None)
    if settings is None:
        return None
    return wald_test(settings, draft, len(images_that_count(draft)) if probe.kind == "necessity" else 1)


@cache
def _fixed_size(test: WaldTest) -> int:
    """Of the smallest test of fixed size with the error rates of the sequential one.

    That is the larger of the nominal and the actual rate, so that the fixed test has all the room that the sequential
    one has or takes.
    """
    alpha = max(test.alpha, exact(test, test.p0).decides_p1)
    beta = max(test.beta, 1 - exact(test, test.p1).decides_p1)
    return fixed_size(test.p0, test.p1, alpha, beta)


def _locate(image: ImageRef, attempt: int) -> Path:
    return Path(image.path)
