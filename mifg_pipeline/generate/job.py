"""A generation job from start to end: lock, ledger, attempts, result files, report."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

from rich.console import Console

from mifg_pipeline.corpus import Corpus
from mifg_pipeline.errors import MifgError
from mifg_pipeline.generate.engine import make_items, write_results
from mifg_pipeline.generate.players import players
from mifg_pipeline.generate.prepare import Prepared, changed_versions
from mifg_pipeline.generate.progress import Progress
from mifg_pipeline.report import write_run_report
from mifg_pipeline.store import Funnel, Ledger, Outcome, RunFolder, RunManifest
from mifg_pipeline.store.salvage import salvage


class Interruption(Exception):  # noqa: N818 (not an error: somebody asked for it)
    """The user or the system asked the job to stop; what was decided until then is stored."""


def run_job(
    prepared: Prepared,
    run: RunFolder,
    concurrency: int,
    console: Console,
    write_report: Callable[[RunFolder, Corpus, Ledger], None] = write_run_report,
) -> Funnel:
    """Makes the items of a run, or the rest of them, and writes its files.

    Args:
        prepared: Checked settings and corpus.
        run: The run folder, new or resumed.
        concurrency: Attempts at the same time.
        console: For progress and messages.
        write_report: Writes the report of the run.

    Returns:
        The funnel of the whole run.

    Raises:
        Interruption: On Ctrl-C or SIGTERM.
        MifgError: If the attempts are used up before all items are there, or something stops the run.
    """
    run.create()
    with run.locked():
        manifest = prepared.manifest
        if run.manifest_path.exists():
            for name, (then, now) in changed_versions(run, manifest).items():
                console.print(f"Note: the run was started with {name} {then}, this is {now}: bytes may differ.")
            manifest = manifest.model_copy(update={"versions": run.read_manifest().versions})
        run.write_manifest(manifest)
        wanted = manifest.settings.items
        saved = salvage(run.ledger_path)
        if saved is not None:
            console.print(
                f"The ledger was damaged (kept as {saved.damaged.name}): the first {saved.kept} attempts and "
                f"{saved.calls} model calls are intact; later attempts are made again.",
                highlight=False,
                soft_wrap=True,
            )
        with Ledger(run.ledger_path) as ledger:
            progress = Progress(Funnel.of_run(ledger), wanted, console)
            if progress.funnel.attempts:
                console.print(f"Resuming after {progress.funnel.attempts} attempts.", highlight=False)
            try:
                with progress.shown():
                    accepted = _until_interrupted(
                        lambda: _make(prepared, manifest, run, ledger, concurrency, progress.count)
                    )
            finally:
                write_results(run, ledger)
            write_report(run, prepared.corpus, ledger)
            funnel = Funnel.of_run(ledger)
    if accepted < wanted:
        rejecters = ", ".join(f"{step} ({count})" for step, count in funnel.top_rejecters())
        raise MifgError(
            f"Only {accepted} of {wanted} items after {funnel.attempts} attempts; rejected by: {rejecters}.",
            f"See {run.report_path}; allow more with --set attempts=…, relax a gate, or give more images "
            "(in a new run folder).",
        )
    return funnel


def preview_items(
    prepared: Prepared, run: RunFolder, count: int, concurrency: int, on_outcome: Callable[[Outcome], None]
) -> int:
    """Makes the first items of a run in a folder of its own and returns how many there are.

    Raises:
        Interruption: On Ctrl-C or SIGTERM.
    """
    run.create()
    run.write_manifest(prepared.manifest)
    with Ledger(run.ledger_path) as ledger:
        return _until_interrupted(
            lambda: _make(prepared, prepared.manifest, run, ledger, concurrency, on_outcome, stop_at=count)
        )


async def _make(
    prepared: Prepared,
    manifest: RunManifest,
    run: RunFolder,
    ledger: Ledger,
    concurrency: int,
    on_outcome: Callable[[Outcome], None],
    *,
    stop_at: int | None = None,
) -> int:
    """Opens the models of the run and makes its items, unless they are there; returns how many there are."""
    made = sum(1 for _ in ledger.accepted())
    if made >= (manifest.settings.items if stop_at is None else stop_at):
        return made
    async with players(manifest.settings, run, ledger) as models:
        return await make_items(
            run,
            manifest,
            prepared.corpus,
            prepared.curator,
            ledger,
            models,
            concurrency,
            on_outcome,
            stop_at=stop_at,
        )


def _until_interrupted(work: Callable[[], Awaitable[int]]) -> int:
    async def cancelled_by_sigterm() -> int:
        task = asyncio.current_task()
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await work()

    try:
        return asyncio.run(cancelled_by_sigterm())
    except (KeyboardInterrupt, asyncio.CancelledError) as interruption:
        raise Interruption from interruption
