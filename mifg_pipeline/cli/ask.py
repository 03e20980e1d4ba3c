"""`mifg ask`: lets IMAgent answer a question and shows how it got there."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mifg_pipeline.cli.output import results

if TYPE_CHECKING:
    from rich.console import Console

    from mifg_pipeline.config import AskSettings
    from mifg_pipeline.imagent.question import Question
    from mifg_pipeline.imagent.trajectory import Trajectory


def ask(
    images: Annotated[list[Path], typer.Argument(help="Image files, in the order in which the question counts them.")],
    model: Annotated[
        str,
        typer.Option(help="Folder of a checkpoint or adapter; or, of a model behind a server, the name it has there."),
    ],
    question: Annotated[str, typer.Option(help="What is asked.")],
    options: Annotated[list[str] | None, typer.Option("--option", help="Text of an option; repeated.")] = None,
    server: Annotated[
        str | None, typer.Option(help="Base URL of the model's server, such as http://localhost:8000/v1.")
    ] = None,
    engine: Annotated[
        Literal["huggingface", "vllm"],
        typer.Option(help="What runs a folder: Transformers in this process, or vLLM in one of its own."),
    ] = "huggingface",
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for trajectory.json and the parts that the model looked at.", file_okay=False),
    ] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="A setting of episode or engine, as key=value; may be repeated.")
    ] = None,
    temperature: Annotated[float, typer.Option(help="Of sampling; 0 takes the likeliest tokens.", min=0)] = 0.0,
    seed: Annotated[int, typer.Option(help="Of sampling.", min=0)] = 0,
) -> None:
    """Ask IMAgent a question about images.

    MODEL is run here if it is a folder. Otherwise it is asked for at --server, or at OpenAI without one.
    """
    from mifg_pipeline.config import AskSettings, load_section
    from mifg_pipeline.errors import MifgError

    settings = load_section(AskSettings, overrides or [])
    asked = _question(images, question, options)
    if _is_folder(model, server):
        trajectory = _play_here(model, engine, asked, settings, temperature, seed)
    else:
        trajectory = _play_at_server(model, server, asked, settings, temperature, seed)
    console = results()
    _show(trajectory, console)
    if out is not None:
        _write(trajectory, asked, out)
        console.print(f"trajectory  {out / 'trajectory.json'}", highlight=False, soft_wrap=True)
    if trajectory.failure is not None:
        raise MifgError(f"The model could not go on: {trajectory.failure}.", "Mend what it says, and ask again.")


def _question(images: list[Path], text: str, options: list[str] | None) -> "Question":
    """The question, after a look at all of its images: a mistake is told before a model is loaded."""
    from mifg_pipeline.errors import MifgError
    from mifg_pipeline.imagent.question import Question, QuestionImage
    from mifg_pipeline.items import OPTION_LETTERS

    if not text.strip():
        raise MifgError("The question is empty.", "Write it behind --question.")
    if options and not 2 <= len(options) <= len(OPTION_LETTERS):
        raise MifgError(
            f"{len(options)} options are no choice.", f"Give 2 to {len(OPTION_LETTERS)}, each behind an --option."
        )
    read = tuple(QuestionImage.of_file(image) for image in images)
    for image in read:
        image.pixels()
    return Question(key="asked", images=read, text=text, options=tuple(options) if options else None)


def _is_folder(model: str, server: str | None) -> bool:
    from mifg_pipeline.errors import MifgError

    path = Path(model)
    if path.is_dir() and server is not None:
        raise MifgError(
            f"{model} is a folder, and --server names a server: it is open which of them shall answer.",
            "Leave out --server, or give the name that the server knows the model by.",
        )
    if server is None and not path.is_dir() and (path.is_absolute() or model.startswith(".") or path.exists()):
        raise MifgError(f"There is no folder {model}.", "Give the folder of a checkpoint, or the name of a model.")
    return path.is_dir()


def _play_here(
    folder: str,
    engine: Literal["huggingface", "vllm"],
    question: "Question",
    settings: "AskSettings",
    temperature: float,
    seed: int,
) -> "Trajectory":
    import tempfile
    from contextlib import closing

    from mifg_pipeline.imagent.rollout import Attempt, rollout
    from mifg_pipeline.train.engine import open_checkpoint

    with tempfile.TemporaryDirectory(prefix="mifg-ask-") as scratch:
        log = Path(scratch) / "engine.log"
        opened, chat_format = open_checkpoint(folder, engine, settings, settings.vllm, batch_size=1, log=log)
        with closing(opened):
            ((_, played),) = rollout(opened, chat_format, [Attempt(question, 0, seed)], settings, temperature)
    return played.trajectory


def _play_at_server(
    model: str,
    url: str | None,
    question: "Question",
    settings: "AskSettings",
    temperature: float,
    seed: int,
) -> "Trajectory":
    import asyncio
    import os

    from mifg_pipeline.config import ServerSettings
    from mifg_pipeline.imagent.chat_play import play_chat
    from mifg_pipeline.models.openai_client import OpenAIChat
    from mifg_pipeline.models.rendering import ImageRenderer
    from mifg_pipeline.models.retry import Retry

    async def play() -> "Trajectory":
        server = ServerSettings(base_url=url)
        with ImageRenderer() as renderer:
            async with OpenAIChat(server, renderer, os.environ) as client:
                chat = Retry(server).around(client)
                return await play_chat(chat, model, question, settings, temperature, sample=seed)

    return asyncio.run(play())


def _show(trajectory: "Trajectory", console: "Console") -> None:
    """Prints what the model wrote in each turn, and what came of it."""
    from rich.text import Text

    for number, turn in enumerate(trajectory.turns, start=1):
        console.rule(Text(f"turn {number}"), align="left")
        console.print(Text(turn.text))
        if turn.action == "invalid":
            console.print(Text(f"invalid: {turn.reason}", style="red"))
        if turn.view is not None and turn.image is not None:
            view = trajectory.views[turn.view]
            part = f"{list(turn.box)} of image" if turn.box else "image"
            console.print(Text(f"shown: {part} {turn.image + 1}, {view.width}×{view.height}", style="cyan"))
    console.rule(Text(f"end: {trajectory.end.value}"), align="left")
    if trajectory.answer is not None:
        console.print(Text(f"answer: {trajectory.answer}", style="bold"))


def _write(trajectory: "Trajectory", question: "Question", folder: Path) -> None:
    """Writes the trajectory, and as the model saw them the parts of images that it asked for."""
    from PIL import Image

    from mifg_pipeline.errors import MifgError
    from mifg_pipeline.imagent.views import make_view

    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "trajectory.json").write_text(trajectory.model_dump_json(indent=2) + "\n", encoding="utf-8")
        for number, turn in enumerate(trajectory.turns, start=1):
            if turn.view is not None and turn.box is not None and turn.image is not None:
                shown = trajectory.views[turn.view]
                pixels = question.images[turn.image].pixels()
                view = make_view(shown.sha256, pixels, turn.box, shown.width, shown.height)
                Image.fromarray(view.pixels).save(folder / f"turn-{number}-image-{turn.image + 1}.png")
    except OSError as error:
        raise MifgError(f"{folder} cannot be written ({error.strerror}).", "Give another folder with --out.") from error
