"""The routes of what browsers show: the page, its files, the guideline, and the images."""

import asyncio
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mifg_pipeline.items import Box, Sha256
from mifg_pipeline.review.server import views
from mifg_pipeline.review.server.access import Reader, session_of
from mifg_pipeline.review.server.refusals import RefusalError
from mifg_pipeline.review.server.renditions import Picture, Renditions
from mifg_pipeline.review.server.routes import AtDesk
from mifg_pipeline.review.server.tokens import Sessions

_MEDIA_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
}

_ONE_YEAR: Final = {"Cache-Control": "private, max-age=31536000, immutable"}
"""Images are named by their content, so what was shown once stays true."""

_ONE_MONTH: Final = 30 * 24 * 3600
"""Seconds for which a browser keeps its session."""

_UNKNOWN: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Review</title>
<h1>This browser is not known here</h1><p>Open the address with your token once more.</p>
"""

_PICTURES: Final[dict[str, Any]] = {"image/jpeg": {}, "image/png": {}}

router = APIRouter()


def page_files() -> dict[str, Picture]:
    """The files of the page by name, read once: what a request names is looked up here and nowhere else."""
    folder = files("mifg_pipeline.review") / "page"
    return dict(_files_in(folder, ""))


def _files_in(folder: Traversable, prefix: str) -> list[tuple[str, Picture]]:
    found = []
    for entry in folder.iterdir():
        media_type = _MEDIA_TYPES.get(entry.name.rpartition(".")[2])
        if entry.is_dir():
            found += _files_in(entry, f"{prefix}{entry.name}/")
        elif media_type is not None:
            found.append((f"{prefix}{entry.name}", Picture(entry.read_bytes(), media_type)))
    return found


@router.get("/", include_in_schema=False)
async def page(request: Request, token: str | None = None) -> Response:
    """The page; with a token, the session that it opens, at an address that holds the token no longer."""
    sessions: Sessions = request.app.state.sessions
    if token is None:
        try:
            await session_of(request)
        except RefusalError as refusal:
            return HTMLResponse(_UNKNOWN, refusal.status)
        return _file(request, "index.html")
    session = sessions.of_token(token)
    if session is None:
        return HTMLResponse(_UNKNOWN, 401)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(request.app.state.cookie, session.cookie, httponly=True, samesite="strict", max_age=_ONE_MONTH)
    return answer


@router.get("/guideline", include_in_schema=False)
async def guideline(request: Request, _: Reader) -> Response:
    """What annotators go by."""
    return _file(request, "guideline.html")


@router.get("/static/{name:path}", include_in_schema=False)
async def static(request: Request, name: str, _: Reader) -> Response:
    """A file of the page."""
    return _file(request, name)


@router.get(
    "/images/{sha256}",
    responses={200: {"content": _PICTURES}, 401: {"model": views.Failure}, 404: {"model": views.Failure}},
)
async def image(
    request: Request,
    sha256: Annotated[Sha256, Path()],
    side: Annotated[Literal["512", "1024", "2048", "4096"], Query()],
    reader: Reader,
    desk: AtDesk,
) -> Response:
    """An image, upright, its longer side at most so many pixels."""
    ref, path = await asyncio.to_thread(desk.image, reader.annotator, sha256)
    renditions: Renditions = request.app.state.renditions
    return _answer(await asyncio.wrap_future(renditions.whole(path, ref.sha256, int(side))))


@router.get(
    "/images/{sha256}/tile",
    responses={200: {"content": _PICTURES}, 401: {"model": views.Failure}, 404: {"model": views.Failure}},
)
async def tile(
    request: Request,
    sha256: Annotated[Sha256, Path()],
    x: Annotated[int, Query(ge=0)],
    y: Annotated[int, Query(ge=0)],
    side: Annotated[int, Query(ge=16, le=2048)],
    pixels: Annotated[int, Query(ge=16, le=2048)],
    reader: Reader,
    desk: AtDesk,
) -> Response:
    """A square of an image, ``side`` pixels of the original drawn on ``pixels``; cut off at the image's edges."""
    ref, path = await asyncio.to_thread(desk.image, reader.annotator, sha256)
    if x >= ref.width or y >= ref.height:
        raise RefusalError(422, f"The image is {ref.width} × {ref.height} pixels.", "Ask for a part of it.")
    box: Box = (x, y, min(x + side, ref.width), min(y + side, ref.height))
    renditions: Renditions = request.app.state.renditions
    return _answer(await asyncio.wrap_future(renditions.part(path, ref.sha256, box, pixels / side)))


def _file(request: Request, name: str) -> Response:
    known: Mapping[str, Picture] = request.app.state.page_files
    file = known.get(name)
    if file is None:
        raise RefusalError(404, "There is no such file.", "Go back to the review.")
    return Response(file.data, media_type=file.media_type, headers={"Cache-Control": "no-cache"})


def _answer(picture: Picture) -> Response:
    return Response(picture.data, media_type=picture.media_type, headers=_ONE_YEAR)
