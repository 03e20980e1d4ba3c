"""`mifg analyze`: looks into the trajectories of a training run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mifg_pipeline.cli.output import results

if TYPE_CHECKING:
    import torch

    from mifg_pipeline.analysis.page import Findings

app = typer.Typer(help="Look into the trajectories of a training run.", no_args_is_help=True)

_Trajectories = Annotated[Path, typer.Argument(help="File of trajectories of a training run.")]
_Model = Annotated[
    str | None, typer.Option(help="Checkpoint to use; the one nearest to the step's own weights where not given.")
]
_Data = Annotated[Path | None, typer.Option(help="Where the dataset lies, if it has moved.")]
_Out = Annotated[
    Path | None, typer.Option(help="Folder for a page, its charts as SVG, and the figures as JSON.", file_okay=False)
]
_Most = Annotated[int | None, typer.Option(help="Most trajectories, taken evenly from the file.", min=1)]
_Json = Annotated[bool, typer.Option("--json", help="For machines.")]


@app.command()
def attention(
    trajectories: _Trajectories,
    model: _Model = None,
    data: _Data = None,
    out: _Out = None,
    most: _Most = None,
    as_json: _Json = False,
) -> None:
    """Show where the model attends in each turn, and before and after each tool call."""
    from mifg_pipeline.analysis.attention import attention_of, has_sampled
    from mifg_pipeline.analysis.findings import attention_findings
    from mifg_pipeline.analysis.source import open_source
    from mifg_pipeline.train.replay import load_scorer

    source = open_source(trajectories, model, data).chosen(has_sampled, most)
    source.check_any("no token was sampled")
    policy = load_scorer(source.weights.path, _device(), source.settings.model.dtype)
    with _progress(len(source.lines)) as advance:
        found = list(attention_of(source, policy, advance))
    _tell(attention_findings(source, found), out, as_json)


@app.command()
def look_again(
    trajectories: _Trajectories,
    model: _Model = None,
    data: _Data = None,
    out: _Out = None,
    most: _Most = None,
    as_json: _Json = False,
) -> None:
    """Show whether looking again helps: how likely answers are with other images in the place of the tool's."""
    from mifg_pipeline.analysis.findings import look_again_findings
    from mifg_pipeline.analysis.look_again import has_looked_and_answered
    from mifg_pipeline.analysis.look_again import look_again as run
    from mifg_pipeline.analysis.source import open_source
    from mifg_pipeline.train.replay import load_scorer

    source = open_source(trajectories, model, data).chosen(has_looked_and_answered, most)
    source.check_any("none looked again and then answered")
    policy = load_scorer(source.weights.path, _device(), source.settings.model.dtype)
    with _progress(len(source.lines)) as advance:
        found = list(run(source, policy, advance))
    _tell(look_again_findings(source, found), out, as_json)


@app.command()
def masks(
    trajectories: _Trajectories, model: _Model = None, data: _Data = None, out: _Out = None, as_json: _Json = False
) -> None:
    """Compare gradient and advantages of a step with what published masks would have made of it."""
    from mifg_pipeline.analysis.counterfactual import compare_plans, trained_policy
    from mifg_pipeline.analysis.findings import masks_findings
    from mifg_pipeline.analysis.plans import PLANS
    from mifg_pipeline.analysis.source import open_source

    source = open_source(trajectories, model, data)
    source.check_any("it is empty")
    policy = trained_policy(source.weights, source.settings, _device())
    with _progress(PLANS) as advance:
        found = compare_plans(source, policy, advance)
    _tell(masks_findings(source, found), out, as_json)


def _device() -> "torch.device":
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """Shows on a terminal how far the work is; gives what tells it of each part done."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("replaying", total=total)
        yield lambda: progress.advance(task)


def _tell(findings: "Findings", out: Path | None, as_json: bool) -> None:
    from mifg_pipeline.analysis.page import as_json as json_of
    from mifg_pipeline.analysis.page import show, write

    written = write(findings, out) if out is not None else []
    if as_json:
        typer.echo(json_of(findings))
        return
    console = results()
    show(findings, console)
    for path in written:
        console.print(path, highlight=False, soft_wrap=True)
