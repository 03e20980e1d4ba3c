"""All commands under one name."""

import typer

from mifg_pipeline import __version__
from mifg_pipeline.cli.analyze import app as analyze_app
from mifg_pipeline.cli.ask import ask
from mifg_pipeline.cli.check import check
from mifg_pipeline.cli.compare import compare
from mifg_pipeline.cli.corpus import app as corpus_app
from mifg_pipeline.cli.doctor import doctor
from mifg_pipeline.cli.engine import engine
from mifg_pipeline.cli.eval import evaluate
from mifg_pipeline.cli.export import export
from mifg_pipeline.cli.generate import generate
from mifg_pipeline.cli.import_dataset import import_dataset
from mifg_pipeline.cli.push import push
from mifg_pipeline.cli.replay import replay
from mifg_pipeline.cli.review import app as review_app
from mifg_pipeline.cli.status import status
from mifg_pipeline.cli.stub import stub
from mifg_pipeline.cli.train import train
from mifg_pipeline.cli.trajectories import trajectories

app = typer.Typer(
    name="mifg",
    help="Make multi-image, fine-grained question-answer data from a folder of images, and have people verify it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(corpus_app, name="corpus")
app.command("generate")(generate)
app.command("status")(status)
app.add_typer(review_app, name="review")
app.command("export")(export)
app.command("check")(check)
app.command("import")(import_dataset)
app.command("push")(push)
app.command("train")(train)
app.command("doctor")(doctor)
app.command("engine")(engine)
app.command("replay")(replay)
app.add_typer(analyze_app, name="analyze")
app.command("trajectories")(trajectories)
app.command("ask")(ask)
app.command("eval")(evaluate)
app.command("compare")(compare)
app.command("stub")(stub)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mifg {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Show the version."),
) -> None:
    del version
