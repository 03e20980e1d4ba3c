"""`mifg stub`: serves a stand-in for a model, to try things out, to test and to measure."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from mifg_pipeline.config import Settings
    from mifg_pipeline.stub.server import Replier

    _Kind = TypeVar("_Kind", bound=Settings)

_TIMES = "Times, in seconds"
_FAULTS = "Faults, each a share of the requests from 0 to 1"
_BOUNDS = "The most that it takes"
_WORLD = "Simulated world"


def _seconds(text: str) -> Any:
    return typer.Option(help=text, min=0, rich_help_panel=_TIMES)


def _share(text: str) -> Any:
    return typer.Option(help=text, min=0, max=1, rich_help_panel=_FAULTS)


def _most(text: str) -> Any:
    return typer.Option(help=text, min=1, rich_help_panel=_BOUNDS)


def _of_world(text: str) -> Any:
    return typer.Option(help=text, rich_help_panel=_WORLD)


def stub(
    host: Annotated[str | None, typer.Option(help="Address to listen on; 127.0.0.1 unless set.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; a free one unless set.", min=0, max=65535)] = None,
    models: Annotated[
        list[str] | None, typer.Option("--model", help="Name of a model, stub unless set; may be repeated.")
    ] = None,
    api_key: Annotated[str | None, typer.Option(help="Key that it asks for.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all that chance decides.")] = None,
    latency: Annotated[float | None, _seconds("From a request to its reply.")] = None,
    jitter: Annotated[float | None, _seconds("The most that chance adds to it.")] = None,
    retry_after: Annotated[float | None, _seconds("What a 429 asks to wait.")] = None,
    errors: Annotated[float | None, _share("Statuses 500, 502, 503, and connections that break off.")] = None,
    throttles: Annotated[float | None, _share("Status 429.")] = None,
    malformed: Annotated[float | None, _share("Replies that do not fit the schema.")] = None,
    truncated: Annotated[float | None, _share("Replies that break off, as at max_tokens.")] = None,
    refusals: Annotated[float | None, _share("Replies that refuse.")] = None,
    stragglers: Annotated[float | None, _share("Replies that take far longer.")] = None,
    straggler_factor: Annotated[
        float | None, typer.Option(help="How many times as long; 30 unless set.", min=1, rich_help_panel=_FAULTS)
    ] = None,
    limit: Annotated[int | None, _most("Requests in flight; a 429 beyond.")] = None,
    context: Annotated[int | None, _most("Tokens of prompt and reply together.")] = None,
    max_image_bytes: Annotated[int | None, _most("Bytes of an encoded image.")] = None,
    text_only: Annotated[bool, typer.Option("--text-only", help="No images.", rich_help_panel=_BOUNDS)] = False,
    world: Annotated[
        Path | None, _of_world("Indexed corpus that the model knows; without one, replies are the least that fits.")
    ] = None,
    accuracy: Annotated[str | None, _of_world("Shares of right replies, such as blind=0.25,all=0.9,judge=1.")] = None,
    defects: Annotated[str | None, _of_world("Shares of bad questions, such as wrong_key=0.1,leaking=0.05.")] = None,
) -> None:
    """Serve a stand-in for a model over the OpenAI protocol, until interrupted.

    Prints its base URL. GET /stub/stats says what it has seen.
    """
    import asyncio

    from mifg_pipeline.stub.serving import serve_until_stopped
    from mifg_pipeline.stub.settings import StubSettings

    shares = {"errors": errors, "throttles": throttles, "malformed": malformed, "truncated": truncated}
    shares |= {"refusals": refusals, "stragglers": stragglers, "straggler_factor": straggler_factor}
    times = {"latency": latency, "jitter": jitter, "retry_after": retry_after}
    bounds = {"limit": limit, "context": context, "max_image_bytes": max_image_bytes, "text_only": text_only}
    place = {"host": host, "port": port, "models": models, "api_key": api_key, "seed": seed}
    settings = _checked(StubSettings, {**place, **times, **shares, **bounds})
    replier = _open_world(world, settings.seed, accuracy, defects) if world else None
    if replier is None and (accuracy or defects):
        raise typer.BadParameter("--accuracy and --defects are of a world: give --world as well")
    asyncio.run(serve_until_stopped(settings, replier, on_ready=typer.echo))


def _open_world(folder: Path, seed: int, accuracy: str | None, defects: str | None) -> "Replier":
    from mifg_pipeline.corpus import Corpus
    from mifg_pipeline.stub.world import World, WorldSettings

    flags = {"seed": seed, "accuracy": _parse_shares(accuracy), "defects": _parse_shares(defects)}
    return World(Corpus.open(folder), _checked(WorldSettings, flags))


def _parse_shares(text: str | None) -> dict[str, str] | None:
    """The shares by name; their values are checked with the settings that they become."""
    if text is None:
        return None
    pairs = [pair.partition("=") for pair in text.split(",")]
    if not all(name and equals for name, equals, _ in pairs):
        raise typer.BadParameter(f"{text!r} is not of the form name=share,name=share")
    return {name.strip(): share for name, _, share in pairs}


def _checked(kind: "type[_Kind]", flags: dict[str, Any]) -> "_Kind":
    """The settings that the given flags make; those that are None were not given."""
    from pydantic import ValidationError

    from mifg_pipeline.errors import MifgError

    try:
        return kind.model_validate({name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        problems = "; ".join(_said(problem) for problem in error.errors())
        raise MifgError(f"The flags do not fit: {problems}.", "See `mifg stub --help`.") from error


def _said(problem: "ErrorDetails") -> str:
    name = ".".join(map(str, problem["loc"]))
    text = problem["msg"].removeprefix("Value error, ")
    return f"{name}: {text}" if name else text
