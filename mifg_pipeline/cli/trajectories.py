"""`mifg trajectories`: writes the page that shows the trajectories of a training run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mifg_pipeline.errors import MifgError

if TYPE_CHECKING:
    from mifg_pipeline.report.trajectories import TokenText
    from mifg_pipeline.train.folder import TrainFolder

_PAGE = "trajectories.html"


def trajectories(
    run: Annotated[Path, typer.Argument(help="Folder of a training run.")],
    step: Annotated[int | None, typer.Option(help="Show this step alone.")] = None,
    first: Annotated[int | None, typer.Option("--from", help="First step to show.")] = None,
    last: Annotated[int | None, typer.Option("--to", help="Last step to show.")] = None,
    out: Annotated[Path | None, typer.Option(help=f"The page; RUN/{_PAGE} where not given.")] = None,
    most: Annotated[
        int, typer.Option(min=1, help="Show at most so many trajectories: whole groups, evenly over the steps.")
    ] = 2000,
    data: Annotated[Path | None, typer.Option(help="Where the dataset lies, if it has moved.")] = None,
) -> None:
    """Write a page that shows trajectories: crops on their images, tokens by mask bucket, reward and advantage."""
    if step is not None and (first is not None or last is not None):
        raise MifgError("--step names one step, --from and --to several.", "Give one or the other.")
    from mifg_pipeline.report.trajectories import index_groups, spread, trajectory_page
    from mifg_pipeline.store.files import replaced_file
    from mifg_pipeline.train.data import load_questions
    from mifg_pipeline.train.folder import TrainFolder

    folder = TrainFolder.open(run)
    settings = folder.read_settings()
    stored = index_groups(_files(folder, step or first, step or last))
    shown = spread(stored, most)
    questions = load_questions(data or settings.data.path, settings.data.split)
    title = f"{run.resolve().name}: trajectories"
    total = sum(map(len, stored))
    token_text = _token_text(folder, settings.model.path)
    page = trajectory_page(title, shown, total, questions.by_key, token_text)
    path = out or run / _PAGE
    with replaced_file(path) as file:
        file.write(page)
    typer.echo(f"{path}: {sum(map(len, shown)):,} of {total:,} trajectories, {len(shown):,} groups")


def _files(folder: "TrainFolder", first: int | None, last: int | None) -> list[Path]:
    """The files of the wanted steps, in order; a step that failed has its own.

    Raises:
        MifgError: If there are none.
    """
    from mifg_pipeline.train.folder import step_of

    stored = {step_of(path): path for path in folder.trajectories_path(0).parent.glob("step-*.jsonl")}
    failed = {step_of(path.parent): path for path in folder.failed(0).parent.glob("step-*/*.jsonl")}
    found = {step: path for step, path in sorted((failed | stored).items()) if step is not None}
    if not found:
        raise MifgError(f"{folder.root} has no trajectories.", "Train with log.trajectories=true.")
    wanted = [path for step, path in found.items() if (first or 0) <= step <= (step if last is None else last)]
    if not wanted:
        raise MifgError(
            f"{folder.root} has no trajectories of these steps.", f"It has those of {min(found)} to {max(found)}."
        )
    return wanted


def _token_text(folder: "TrainFolder", model: str) -> "TokenText":
    """By the newest checkpoint that has a tokenizer, or else by what the run started from."""
    from mifg_pipeline.report.trajectories import TokenText

    newest = max(folder.checkpoints.glob("step-*/model/tokenizer.json"), default=None)
    return TokenText.load(str(newest.parent) if newest else model)
