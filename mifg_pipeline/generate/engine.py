"""The engine: runs attempts from a bounded pool and stores their outcomes in order.

The next attempt to decide is awaited while later ones run ahead. An outcome counts once it is in the ledger, and its
images lie in place before that: whatever the moment at which the process dies, the same command goes on from there
with the same result.
"""

import asyncio
import os
import shutil
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from pathlib import Path

from mifg_pipeline.agents.answer_verifier import AnswerVerifier
from mifg_pipeline.agents.difficulty_critic import DifficultyCritic
from mifg_pipeline.agents.graph import build_graph
from mifg_pipeline.agents.image_curator import ImageCurator
from mifg_pipeline.agents.prober import Prober
from mifg_pipeline.agents.question_writer import QuestionWriter
from mifg_pipeline.agents.state import Agents
from mifg_pipeline.agents.workers import WorkerPool
from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.corpus import Corpus
from mifg_pipeline.generate.attempt import run_attempt
from mifg_pipeline.generate.readings import BufferedReadings
from mifg_pipeline.generate.sequencer import Sequencer, closed
from mifg_pipeline.items import ImageRef
from mifg_pipeline.models.chat import ChatModel
from mifg_pipeline.store import Accepted, Ledger, Outcome, RunFolder, RunManifest
from mifg_pipeline.store.files import replaced_file, unwritable

RUN_AHEAD = 16
"""Attempts that may be under way or waiting for their turn, per unit of concurrency: one that takes long holds up the
decisions on those after it, not their making."""

COMMIT_SECONDS = 0.5


async def make_items(
    run: RunFolder,
    manifest: RunManifest,
    corpus: Corpus,
    curator: ImageCurator,
    ledger: Ledger,
    models: Mapping[str, ChatModel],
    concurrency: int,
    on_outcome: Callable[[Outcome], None],
    *,
    stop_at: int | None = None,
) -> int:
    """Makes attempts until the wanted items are there or the attempts are used up.

    Args:
        run: Where derived images go.
        manifest: Settings of the run.
        corpus: Where images come from.
        curator: Plans the attempts.
        ledger: Where outcomes go; those already in it are not made again.
        models: By the names that the settings give them.
        concurrency: Attempts that run at the same time.
        on_outcome: Called with each decided outcome.
        stop_at: Accepted items after which to stop, where that is not all of them.

    Returns:
        The number of accepted items.
    """
    settings, run_id = manifest.settings, manifest.run_id
    sequencer = Sequencer.resume(settings, ledger)
    wanted = settings.items if stop_at is None else stop_at
    readings = BufferedReadings(ledger)
    graph = build_graph()
    _empty(run.staging)

    with WorkerPool(min(concurrency, os.cpu_count() or 1)) as workers:
        agents = _agents(settings, run, corpus, curator, readings, models, workers)

        async def make(attempt: int) -> Outcome:
            plan = curator.plan(attempt)
            if plan is not None and sequencer.is_closed(plan.program):
                return closed(attempt, plan.program)
            return await run_attempt(graph, agents, attempt, run_id)

        outcomes = in_order(
            make,
            ledger.attempts(),
            settings.max_attempts,
            concurrency,
            lambda: sequencer.attempts_to_go(wanted),
        )
        journal = _Journal(run, ledger, readings)
        try:
            async with aclosing(outcomes):
                while sequencer.accepted < wanted and (outcome := await anext(outcomes, None)) is not None:
                    decided = sequencer.decide(outcome)
                    journal.add(decided)
                    on_outcome(decided)
        finally:
            journal.commit()
    _empty(run.staging)
    return sequencer.accepted


def _agents(
    settings: GenerateSettings,
    run: RunFolder,
    corpus: Corpus,
    curator: ImageCurator,
    readings: BufferedReadings,
    models: Mapping[str, ChatModel],
    workers: WorkerPool,
) -> Agents:
    """Who plays the roles, and what they share."""

    def locate(image: ImageRef, attempt: int) -> Path:
        return staged_path(run, image, attempt) if image.is_derived else corpus.path_of(image)

    prober = Prober(settings, models, locate)
    return Agents(
        settings=settings,
        curator=curator,
        writer=QuestionWriter(corpus, run.staging, settings.seed, workers),
        critic=DifficultyCritic(settings, models, locate, prober),
        verifier=AnswerVerifier(settings, locate, readings, workers, prober),
        locate=locate,
        models=models,
    )


async def in_order(
    make: Callable[[int], Awaitable[Outcome]],
    start: int,
    stop: int,
    concurrency: int,
    to_go: Callable[[], int],
) -> AsyncGenerator[Outcome, None]:
    """Outcomes of attempts in order, made side by side.

    Args:
        make: Makes one attempt.
        start: First attempt.
        stop: Attempt before which to end.
        concurrency: Attempts that run at the same time.
        to_go: Attempts that are likely to be needed from the next outcome on; no more than these are under way.

    Yields:
        The outcomes, in order of the attempts.
    """
    slots = asyncio.Semaphore(concurrency)

    async def make_in_slot(attempt: int) -> Outcome:
        async with slots:
            return await make(attempt)

    under_way: deque[asyncio.Task[Outcome]] = deque()
    upcoming = iter(range(start, stop))
    try:
        while True:
            ahead = min(RUN_AHEAD * concurrency, max(1, to_go()))
            while len(under_way) < ahead and (attempt := next(upcoming, None)) is not None:
                under_way.append(asyncio.create_task(make_in_slot(attempt)))
            if not under_way:
                return
            yield await under_way[0]
            under_way.popleft()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def staged_path(run: RunFolder, image: ImageRef, attempt: int) -> Path:
    """Where a derived image lies before its attempt is decided."""
    return run.staging / str(attempt) / Path(image.path).name


def write_results(run: RunFolder, ledger: Ledger) -> None:
    """Writes ``candidates.jsonl`` and ``rejected.jsonl`` from the ledger."""
    for path, lines in ((run.candidates_path, ledger.item_lines()), (run.rejected_path, ledger.rejection_lines())):
        with replaced_file(path) as file:
            file.writelines(f"{line}\n" for line in lines)


class _Journal:
    """Gathers decided outcomes and stores them in batches, images first."""

    def __init__(self, run: RunFolder, ledger: Ledger, readings: BufferedReadings) -> None:
        self._run = run
        self._ledger = ledger
        self._readings = readings
        self._batch: list[Outcome] = []
        self._committed_at = time.monotonic()

    def add(self, outcome: Outcome) -> None:
        self._batch.append(outcome)
        if time.monotonic() - self._committed_at > COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        for outcome in self._batch:
            self._settle_images(outcome)
        self._readings.flush()
        self._ledger.append(self._batch)
        self._batch.clear()
        self._committed_at = time.monotonic()

    def _settle_images(self, outcome: Outcome) -> None:
        """Moves the images of an accepted item into place and drops the rest of its attempt."""
        if isinstance(outcome, Accepted):
            attempt = outcome.item.provenance.attempt
            for image in outcome.item.images:
                if image.is_derived:
                    _move(staged_path(self._run, image, attempt), self._run.root / image.path)
        else:
            attempt = outcome.rejection.attempt
        shutil.rmtree(self._run.staging / str(attempt), ignore_errors=True)


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except FileNotFoundError:
        if not target.exists():  # one image may stand twice in an item, and is moved once
            raise
    except OSError as error:
        raise unwritable(target, error) from error


def _empty(folder: Path) -> None:
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
    except OSError as error:
        raise unwritable(folder, error) from error
