"""`mifg generate`: makes candidates from a corpus."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mifg_pipeline.cli.output import results
from mifg_pipeline.cli.progress import counted

if TYPE_CHECKING:
    from rich.console import Console

    from mifg_pipeline.config import GenerateSettings
    from mifg_pipeline.generate import Prepared
    from mifg_pipeline.store import RunFolder


MODEL_CONCURRENCY = 128
"""Attempts at the same time where models play roles, unless asked otherwise: more than a server takes requests, so that
it has work while some attempts wait to try again."""


def generate(
    corpus: Annotated[Path, typer.Option(help="Folder of images; it is indexed first where that is needed.")],
    out: Annotated[Path, typer.Option(help="Run folder, new or to be resumed.")],
    items: Annotated[int | None, typer.Option(help="Accepted items to make.", min=1)] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the run.")] = None,
    concurrency: Annotated[
        int | None, typer.Option(help="Attempts at the same time; the result does not depend on it.", min=1)
    ] = None,
    config: Annotated[Path | None, typer.Option(help="YAML file with settings.", exists=True, dir_okay=False)] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, as key=value; may be repeated.")
    ] = None,
    serve: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Start a vLLM server for this model (folder or hub name), use it, and stop it. It plays every role "
            "that no setting gives to another.",
        ),
    ] = None,
    preview: Annotated[
        int | None, typer.Option(help="Show the first K items and write nothing into the run.", min=1)
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Check settings and corpus, then stop.")] = False,
) -> None:
    """Make candidate items from a folder of images.

    The same command on the same run folder resumes it.
    """
    from rich.console import Console

    from mifg_pipeline.config import load_settings
    from mifg_pipeline.corpus import index_corpus
    from mifg_pipeline.generate import Interruption, prepare
    from mifg_pipeline.store import RunFolder

    console = Console(stderr=True)
    run = RunFolder(out)
    document = config.read_text(encoding="utf-8") if config else None
    settings = load_settings(document, overrides or [], items=items, seed=seed, **{"serve.model": serve})
    _check_server(settings)
    with counted("images indexed") as on_progress:
        index_corpus(corpus, on_progress=on_progress)
    prepared = prepare(corpus, run, settings)
    _say_what_is_off(prepared, console)
    workers = concurrency or (MODEL_CONCURRENCY if settings.agents.models else os.cpu_count()) or 1
    try:
        if check:
            _check_models(settings, console)
            _print_plan(prepared)
        elif preview:
            _show_preview(prepared, preview, workers)
        else:
            _run(prepared, run, workers, console)
    except Interruption:
        console.print(f"Interrupted. To resume, run the same command again: what {out} holds is kept.", highlight=False)
        raise typer.Exit(130) from None


def _check_server(settings: "GenerateSettings") -> None:
    if settings.serve.model is not None:
        from mifg_pipeline.models.server import check_interpreter

        check_interpreter(settings.serve)


def _check_models(settings: "GenerateSettings", console: "Console") -> None:
    """Asks the servers whether they know the models; one that the run itself will start is not asked."""
    if not settings.agents.models or settings.serve.model is not None:
        return
    import asyncio

    from mifg_pipeline.models.open_models import check_models

    for remark in asyncio.run(check_models(settings, os.environ)):
        console.print(remark, highlight=False, soft_wrap=True)


def _run(prepared: "Prepared", run: "RunFolder", concurrency: int, console: "Console") -> None:
    from mifg_pipeline.generate import funnel_table, run_job
    from mifg_pipeline.review.report import write_reviewed_report

    if prepared.manifest.settings.serve.model is not None:
        console.print(f"Starting a model server; its log: {run.server_log}", highlight=False, soft_wrap=True)
    funnel = run_job(prepared, run, concurrency, console, write_reviewed_report)
    output = results()
    output.print(funnel_table(funnel))
    output.print(f"candidates  {run.candidates_path}\nreport      {run.report_path}", highlight=False, soft_wrap=True)


def _say_what_is_off(prepared: "Prepared", console: "Console") -> None:
    for family, reason in prepared.manifest.families_off.items():
        console.print(f"Off: {family}: {reason}", highlight=False, soft_wrap=True)
    for reason, count in prepared.manifest.images_set_aside.items():
        console.print(f"{count} images set aside: {reason}", highlight=False)


def _print_plan(prepared: "Prepared") -> None:
    from rich.table import Table

    from mifg_pipeline.items import POOLS

    table = Table(box=None, pad_edge=False)
    for heading in ("family", *(f"{pool} images" for pool in POOLS)):
        table.add_column(heading)
    for family in prepared.curator.families_on:
        sizes = prepared.curator.pool_sizes(family)
        table.add_row(family, *(str(sizes[pool]) for pool in POOLS))
    console = results()
    console.print(table)
    console.print("Settings and corpus fit; nothing was written.")


def _show_preview(prepared: "Prepared", count: int, concurrency: int) -> None:
    import tempfile

    from rich.console import Console

    from mifg_pipeline.generate import preview_items
    from mifg_pipeline.generate.preview import show_items
    from mifg_pipeline.store import RunFolder

    folder = RunFolder(Path(tempfile.mkdtemp(prefix="mifg-preview-")))
    preview_items(prepared, folder, count, concurrency, on_outcome=lambda _: None)
    show_items(folder, prepared.corpus, Console())
