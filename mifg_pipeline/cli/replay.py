"""`mifg replay`: computes the log-probabilities of stored trajectories anew."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mifg_pipeline.cli.output import results

if TYPE_CHECKING:
    from mifg_pipeline.train.replay import Comparison, Weights

_KEY_LENGTH = 12


def replay(
    trajectories: Annotated[Path, typer.Argument(help="File of trajectories of a training run.")],
    model: Annotated[
        str | None, typer.Option(help="Checkpoint to use; the one nearest to the step's own weights where not given.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Where the dataset lies, if it has moved.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Compare the log-probabilities that the sampler recorded with those of the trainer's forward pass."""
    import torch

    from mifg_pipeline.train.data import load_questions
    from mifg_pipeline.train.replay import Weights, load_scorer, read_trajectories, run_of, weights_for
    from mifg_pipeline.train.replay import replay as run

    stored = read_trajectories(trajectories)
    folder = run_of(trajectories)
    settings = folder.read_settings()
    weights = Weights(model, "given with --model") if model else weights_for(trajectories, folder, settings)
    questions = load_questions(data or settings.data.path, settings.data.split)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    comparisons = run(stored, load_scorer(weights.path, device, settings.model.dtype), questions, settings)
    if as_json:
        content = {**asdict(weights), "trajectories": [asdict(comparison) for comparison in comparisons]}
        typer.echo(json.dumps(content, indent=2))
        return
    _show(comparisons, weights)


def _show(comparisons: "list[Comparison]", weights: "Weights") -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("question", "sample", "end", "tokens", "largest", "mean", "not finite at"):
        table.add_column(heading, justify="left" if heading in ("question", "end", "not finite at") else "right")
    for one in comparisons:
        figures = ("-" if figure is None else f"{figure:.1e}" for figure in (one.largest, one.mean))
        places = ", ".join(map(str, one.not_finite))
        table.add_row(one.question[:_KEY_LENGTH], str(one.sample), one.end, str(one.tokens), *figures, places)
    console = results()
    console.print(table)
    largest = max((one.largest for one in comparisons if one.largest is not None), default=None)
    said = "no log-probabilities to compare" if largest is None else f"largest |difference| {largest:.1e} nats"
    broken = sum(len(one.not_finite) for one in comparisons)
    console.print(f"{said}; {broken} tokens are not finite", highlight=False)
    console.print(f"model: {weights.path}\n{weights.origin}", highlight=False, markup=False, soft_wrap=True)
