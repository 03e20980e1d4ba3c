"""The application: routes, what they share, and how errors are answered."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import content_digest
from mifg_pipeline.review.server import pages, routes
from mifg_pipeline.review.server.answers import json_answer
from mifg_pipeline.review.server.desk import Desk
from mifg_pipeline.review.server.refusals import RefusalError, error_body
from mifg_pipeline.review.server.renditions import Renditions
from mifg_pipeline.review.server.security import Guard
from mifg_pipeline.review.server.tokens import Sessions
from mifg_pipeline.store.files import UnwritableError


def review_app(desk: Desk, tokens: Mapping[str, str], *, host: str) -> FastAPI:
    """The review server of a run.

    Args:
        desk: What annotators come to.
        tokens: Of the annotators, by name.
        host: The address that the server listens on.
    """
    app = FastAPI(title="mifg review", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.desk = desk
    app.state.cookie = _cookie_name(desk)
    app.state.sessions = Sessions(tokens)
    app.state.renditions = Renditions(desk.run.review / ".renditions")
    app.state.page_files = pages.page_files()
    app.include_router(routes.router)
    app.include_router(pages.router)
    app.add_exception_handler(MifgError, _failed)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_middleware(Guard, host=host)
    return app


def _cookie_name(desk: Desk) -> str:
    """A name of its own for each run: browsers send cookies to all ports of a host."""
    return f"mifg-review-{content_digest(str(desk.run.root.resolve()))[:8]}"


def _failed(_: Request, error: Any) -> Response:
    if isinstance(error, RefusalError):
        return json_answer({**error_body(error), **error.further}, error.status)
    return json_answer(error_body(error), 507 if isinstance(error, UnwritableError) else 422)


def _not_valid(_: Request, error: Any) -> Response:
    problems = "; ".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors()[:3])
    return json_answer(
        error_body(MifgError(f"The request does not fit: {_bounded(problems)}.", "Reload the page.")), 422
    )


def _no_route(_: Request, error: Any) -> Response:
    answer = json_answer(
        error_body(MifgError(f"{error.detail}.", "Open the address that the server printed.")), error.status_code
    )
    answer.headers.update(error.headers or {})
    return answer


def _bounded(text: str) -> str:
    """Text that quotes a request: short, and without what no JSON can hold."""
    return "".join(character if character.isprintable() else "?" for character in text[:400])
