"""`mifg eval`: how good a model is, on our own set and on the benchmarks of the field."""

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mifg_pipeline.cli.output import results

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

    from mifg_pipeline.evaluate.benchmarks import Benchmark
    from mifg_pipeline.evaluate.plan import EvaluateSettings, Plan
    from mifg_pipeline.evaluate.players import Player
    from mifg_pipeline.evaluate.run import Evaluated, EvaluationFolder, Extent


def evaluate(
    model: Annotated[str, typer.Option(help="Folder of a checkpoint or adapter, or base URL of a model's server.")],
    data: Annotated[Path, typer.Option(help="Folder or file of the benchmark, as it is published.")],
    out: Annotated[Path, typer.Option(help="Folder of the evaluation, new or to be resumed.", file_okay=False)],
    benchmark: Annotated[str, typer.Option(help="Which benchmark; our own set unless named.")] = "mifg",
    name: Annotated[
        str | None, typer.Option(help="What the server calls the model; needed where it lists several.")
    ] = None,
    tools: Annotated[
        Literal["on", "off", "both"], typer.Option(help="Whether the model may look again; both compares the two.")
    ] = "on",
    limit: Annotated[int | None, typer.Option(help="Ask the first so many items alone.", min=1)] = None,
    subset: Annotated[str | None, typer.Option(help="Ask the items of this subset alone.")] = None,
    split: Annotated[str | None, typer.Option(help="Which split of our own set; test unless named.")] = None,
    samples: Annotated[int, typer.Option(help="Episodes of each item, for pass@k.", min=1)] = 1,
    temperature: Annotated[float, typer.Option(help="Of sampling; 0 takes the likeliest tokens.", min=0)] = 0.0,
    seed: Annotated[int, typer.Option(help="Of sampling.", min=0)] = 0,
    engine: Annotated[
        Literal["huggingface", "vllm"],
        typer.Option(help="What runs a folder: Transformers in this process, or vLLM in one of its own."),
    ] = "huggingface",
    lenient: Annotated[
        bool, typer.Option("--lenient", help="Count answers that stand outside of answer tags; the figures say so.")
    ] = False,
    episode_of: Annotated[
        Path | None,
        typer.Option(
            help="Settings of a training, such as runs/agent/settings.yaml: its limits of an episode are used."
        ),
    ] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="A setting of episode, server, budget or engine, as key=value.")
    ] = None,
) -> None:
    """Evaluate a model on a benchmark.

    The same command on the same folder resumes it; no finished call is made again.
    """
    from contextlib import ExitStack

    from mifg_pipeline.config import load_section
    from mifg_pipeline.errors import MifgError
    from mifg_pipeline.evaluate.benchmarks import OWN, SPLIT, open_benchmark
    from mifg_pipeline.evaluate.plan import EvaluateSettings
    from mifg_pipeline.evaluate.run import EvaluationFolder, Extent

    if samples > 1 and temperature == 0:
        raise MifgError(
            f"{samples} samples at temperature 0 are {samples} times the same.", "Give a --temperature above 0."
        )
    if not math.isfinite(temperature):
        raise MifgError(f"A temperature of {temperature} is no temperature.", "Give a number, 0 or more.")
    if benchmark != OWN and split is not None:
        raise MifgError(f"--split is for our own set, and {benchmark} comes in one piece.", "Leave it out.")
    settings = _at_server(load_section(EvaluateSettings, overrides or [], episode=_episode_of(episode_of)), model)
    opened = open_benchmark(benchmark, data, limit=limit, subset=subset, split=split or SPLIT)
    plan = _plan(model, name, opened.name, seed, temperature, settings)
    folder = EvaluationFolder(out)
    with ExitStack() as stack:

        def open_player() -> "Player":
            return _player(plan, model, engine, settings, out / "engine.log", stack)

        evaluated = _run(plan, opened, Extent(tools, samples, lenient), open_player, folder)
    _report(evaluated, opened, folder)


def _episode_of(path: Path | None) -> dict[str, object]:
    """The section `episode` of a settings file."""
    from mifg_pipeline.config import read_settings
    from mifg_pipeline.errors import MifgError

    if path is None:
        return {}
    try:
        section = read_settings(path.read_text("utf-8")).get("episode")
    except (OSError, UnicodeDecodeError) as error:
        raise MifgError(
            f"{path} cannot be read ({error}).", "Give the settings.yaml of a training's folder."
        ) from error
    if not isinstance(section, dict):
        raise MifgError(f"{path}: episode is not a section.", "Give the settings.yaml of a training's folder.")
    return section


def _is_url(model: str) -> bool:
    return model.startswith(("http://", "https://"))


def _at_server(settings: "EvaluateSettings", model: str) -> "EvaluateSettings":
    if not _is_url(model):
        return settings
    return settings.model_copy(update={"server": settings.server.model_copy(update={"base_url": model})})


def _plan(
    model: str, name: str | None, benchmark: str, seed: int, temperature: float, settings: "EvaluateSettings"
) -> "Plan":
    """What decides the episodes; asks a server for its model where that is not named."""
    import asyncio

    from mifg_pipeline.errors import MifgError
    from mifg_pipeline.evaluate.plan import Plan
    from mifg_pipeline.imagent.messages import prompts_digest
    from mifg_pipeline.models.openai_client import OpenAIChat
    from mifg_pipeline.models.rendering import ImageRenderer
    from mifg_pipeline.train.weights import weights_digest

    async def only_model() -> str:
        with ImageRenderer() as renderer:
            async with OpenAIChat(settings.server, renderer, os.environ) as client:
                return await client.only_model()

    server = settings.server.base_url if _is_url(model) else None
    if server is None and not Path(model).is_dir():
        raise MifgError(f"There is no folder {model}.", "Give the folder of a checkpoint, or the URL of a server.")
    if server is None and name is not None:
        raise MifgError("--name is for a model behind a server.", "Leave it out, or give a URL with --model.")
    return Plan(
        model=(name or asyncio.run(only_model())) if server else _folder_name(Path(model)),
        weights="" if server else weights_digest(Path(model)),
        server=server,
        benchmark=benchmark,
        seed=seed,
        temperature=temperature,
        episode=settings.episode,
        prompts=prompts_digest(),
    )


def _folder_name(folder: Path) -> str:
    """For people: of a checkpoint of a training, ``step-000120/model``, its step."""
    resolved = folder.resolve()
    return resolved.parent.name if resolved.name == "model" else resolved.name


def _player(
    plan: "Plan",
    model: str,
    engine: Literal["huggingface", "vllm"],
    settings: "EvaluateSettings",
    log: Path,
    stack: "ExitStack",
) -> "Player":
    """What plays the episodes; a process that it starts ends with the stack."""
    from mifg_pipeline.evaluate.players import EnginePlayer, ServerPlayer

    if plan.server is not None:
        return ServerPlayer(
            plan.model, settings.server, settings.budget, os.environ, settings.episode, plan.temperature
        )
    from contextlib import closing

    from mifg_pipeline.train.engine import open_checkpoint

    opened, chat_format = open_checkpoint(model, engine, settings.episode, settings.vllm, settings.batch_size, log)
    return EnginePlayer(stack.enter_context(closing(opened)), chat_format, settings.episode, plan.temperature)


def _run(
    plan: "Plan",
    benchmark: "Benchmark",
    extent: "Extent",
    open_player: "Callable[[], Player]",
    folder: "EvaluationFolder",
) -> "Evaluated":
    """Runs the evaluation with its progress; what was stored until an interruption is kept."""
    import asyncio

    from rich.console import Console

    from mifg_pipeline.evaluate import run
    from mifg_pipeline.evaluate.progress import Progress

    console = Console(stderr=True)
    progress = Progress(console)
    try:
        with progress.shown():
            return run.evaluate(plan, benchmark, extent, open_player, folder, progress.start, progress.count)
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("Interrupted. To resume, run the same command again.", highlight=False)
        raise typer.Exit(130) from None


def _report(evaluated: "Evaluated", benchmark: "Benchmark", folder: "EvaluationFolder") -> None:
    from mifg_pipeline.evaluate.outcomes import read_outcomes
    from mifg_pipeline.evaluate.page import evaluation_page
    from mifg_pipeline.evaluate.tables import as_markdown, tables_of
    from mifg_pipeline.report.table import print_tables
    from mifg_pipeline.store.files import replaced_file

    evaluation = evaluated.evaluation
    page = evaluation_page(evaluation, benchmark, evaluated.episodes, read_outcomes(folder.outcomes))
    for path, text in ((folder.table, as_markdown(evaluation)), (folder.page, page)):
        with replaced_file(path) as file:
            file.write(text)
    console = results()
    print_tables(tables_of(evaluation), console)
    failed = sum(figures.behaviour.failed for figures in evaluation.modes.values())
    if failed:
        console.print(f"{failed:,} episodes failed and count as wrong; the same command plays them again.")
    console.print(
        f"figures  {folder.figures}\ntable    {folder.table}\nreport   {folder.page}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
